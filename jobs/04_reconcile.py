"""Step 4: one golden record a product."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("reconcile.",)))

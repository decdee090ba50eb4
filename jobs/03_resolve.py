"""Step 3: which offers are the same product."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("resolve.",)))

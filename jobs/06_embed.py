"""Step 6: vectors of nodes and edges."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("embed.",)))

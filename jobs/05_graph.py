"""Step 5: nodes, edges, their evidence, and what graph algorithms say of the nodes."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("graph.",)))

"""Step 2: facts in the texts of offers and reviews."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("extract.",)))

"""Step 1: dumps -> bronze records -> silver offers, reviews, interactions and price history."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=("ingest.",)))

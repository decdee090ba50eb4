"""A whole night: all steps in order, and the release."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, release=True))

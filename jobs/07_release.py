"""Step 7: if every stage of the night has passed its gates, one commit shows the night to readers."""

import os
import sys

from kgspark.job import main

if __name__ == "__main__":
    sys.exit(main(__doc__, os.environ, only=(), release=True))

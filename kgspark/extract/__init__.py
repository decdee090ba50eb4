"""Facts out of free text, each with the place it was read at."""

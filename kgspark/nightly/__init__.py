"""How a night is run: what must be built, in which order, judged, entered in the book, billed."""

"""What all readers of texts share: folded texts, words, and the way of a span into the raw record."""

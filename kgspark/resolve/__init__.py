"""From offers to products: which listings are the same real thing."""

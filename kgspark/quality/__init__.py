"""Gates: what must hold of a table before it may be released, run by Great Expectations."""

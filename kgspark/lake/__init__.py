"""Delta tables and the files beside them: read, written, compared, locked, cleaned away."""

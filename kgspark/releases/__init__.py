"""Sets of table versions that belong together: published, read, compared, kept, undone."""

"""Tools for Spark frames that any stage may use."""

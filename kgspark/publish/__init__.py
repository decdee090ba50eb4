"""How people read a release: in Python, by SQL, node by node, and as a data dictionary."""

"""From what sources say to what holds: conflicts settled, golden records."""

"""The product graph: its facts, and what graph algorithms say of it."""

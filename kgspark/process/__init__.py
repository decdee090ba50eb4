"""The process that runs a command: its memory, its progress, its end."""

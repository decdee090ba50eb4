"""What the command line says and does, command group by group."""

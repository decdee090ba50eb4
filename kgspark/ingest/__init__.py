"""Raw dumps in, typed and clean records out: sources -> framed dumps -> bronze -> silver."""

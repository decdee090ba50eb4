"""Values of named attributes by models that are fitted on labels: a log-linear span model, a span tagger."""

"""kgspark: one product knowledge graph out of raw e-commerce dumps, night after night."""

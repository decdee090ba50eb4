"""Text embeddings of nodes and edges: which model, how texts are batched, which vectors last night left."""

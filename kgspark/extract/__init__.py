"""Facts out of free text: what reviewers judge and how, what products are for."""

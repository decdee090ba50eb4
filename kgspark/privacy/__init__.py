"""How people are hidden: keyed pseudonyms for who they are, placeholders for how to reach them."""

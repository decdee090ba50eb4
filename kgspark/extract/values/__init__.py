"""Values in texts by patterns and lexicons: quantities, sizes, packs, what sellers declare, makers, synonyms."""

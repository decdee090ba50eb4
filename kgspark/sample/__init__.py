"""A sample world: shops, review sites and orders with the truth beside them, as large as wanted."""

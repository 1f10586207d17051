"""A temporary schema in a database of others, in place of a database."""

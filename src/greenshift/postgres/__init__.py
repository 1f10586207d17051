"""A real PostgreSQL: servers, templates, databases, rewind."""

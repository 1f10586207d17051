"""Templates, their clones, rewinding, and whose a database is."""

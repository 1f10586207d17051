"""How connections are pooled."""

"""Somebody's application as whoever runs it needs it: its Python, sources, variables, databases, and a guard inside."""

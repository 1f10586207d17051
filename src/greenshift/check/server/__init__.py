"""What a running server, and a PgBouncer in front of it, say of themselves."""

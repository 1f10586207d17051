"""What a PostgreSQL server says of its sessions, locks and statements."""

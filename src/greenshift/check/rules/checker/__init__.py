"""What the checker says of its own work."""

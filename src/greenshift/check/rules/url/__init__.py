"""Database URLs and drivers."""

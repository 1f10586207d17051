"""Secrets and logging."""

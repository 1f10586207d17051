"""Passwords, tokens and who is asking."""

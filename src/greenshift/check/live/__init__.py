"""Engines imported, built without connecting, and looked at."""

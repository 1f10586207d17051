"""Engines and session factories found in source."""

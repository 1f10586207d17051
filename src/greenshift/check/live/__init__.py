"""Engines imported, built without connecting, and looked at."""

from greenshift.check.live.reading import read_live

__all__ = ["read_live"]

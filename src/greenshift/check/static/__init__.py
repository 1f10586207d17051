"""Engines, session factories, requirements and deployment, read from source without importing anything."""

from greenshift.check.static.reading import read_program

__all__ = ["read_program"]

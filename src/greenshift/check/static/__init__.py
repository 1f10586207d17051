"""Engines, session factories, requirements and deployment, read from source without importing anything."""

from greenshift.check.static.reading import plain_files, read_program

__all__ = ["plain_files", "read_program"]

"""Greenshift: a real PostgreSQL under pytest, for people who run SQLAlchemy applications."""

__version__ = "0.1.0"

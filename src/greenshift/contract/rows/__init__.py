"""Rows that satisfy what tables declare, made by polyfactory from a seed."""

from greenshift.contract.rows.overrides import Build, read_overrides
from greenshift.contract.rows.rows import MadeRow, Rows

__all__ = ["Build", "MadeRow", "Rows", "read_overrides"]

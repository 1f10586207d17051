"""The quick mode on SQLite: one file a worker, prepared once and restored after each test."""

from greenshift.testing.sqlite.database import SQLiteDatabase
from greenshift.testing.sqlite.folder import SQLiteFolder, remove_leftovers
from greenshift.testing.sqlite.template import SQLiteTemplate

__all__ = ["SQLiteDatabase", "SQLiteFolder", "SQLiteTemplate", "remove_leftovers"]

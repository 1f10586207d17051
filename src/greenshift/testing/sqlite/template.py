"""A prepared SQLite file, from which databases are copied and restored."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from greenshift.definitions.failure import described_with_location
from greenshift.definitions.source import Definition, SQLiteTarget
from greenshift.errors import GreenshiftError
from greenshift.postgres.errors import TemplateError
from greenshift.testing.sqlite.folder import SQLiteFolder

if TYPE_CHECKING:
    from greenshift.testing.sqlite.database import SQLiteDatabase


class SQLiteTemplate:
    """A prepared file; made by :meth:`build`.

    Args:
        folder: where it lies, and where the databases will.
        path: the file.
        label: what it was built from.
        build_seconds: how long that took.
    """

    def __init__(self, folder: SQLiteFolder, path: Path, label: str, build_seconds: float) -> None:
        self.folder = folder
        self.path = path
        self.label = label
        self.build_seconds = build_seconds
        # Restoring reads it from any thread, one at a time.
        self.connection = sqlite3.connect(path, check_same_thread=False)

    @classmethod
    def build(cls, definition: Definition, folder: SQLiteFolder) -> SQLiteTemplate:
        """Fill a file by a definition.

        Args:
            definition: what to build.
            folder: where to put the file.

        Raises:
            TemplateError: the definition failed; its failure is the cause.
        """
        started = time.perf_counter()
        path = folder.file("template")
        try:
            with closing(sqlite3.connect(path)) as connection:
                # Nobody needs the file after a power failure, and templates may be large.
                connection.execute("PRAGMA synchronous = OFF")
            definition.build(SQLiteTarget(path))
            with closing(sqlite3.connect(path)) as connection:
                # Whatever an application that asks for WAL has left beside the file belongs into it.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except GreenshiftError:
            raise
        except Exception as error:
            raise TemplateError(
                f"{definition.label} cannot be built on SQLite: {described_with_location(error)}",
                'correct it for SQLite, or use PostgreSQL (driver = "asyncpg")',
            ) from error
        return cls(folder, path, definition.label, time.perf_counter() - started)

    def clone(self, label: str = "database") -> SQLiteDatabase:
        """Return a new database with the template's content; its path is ``folder.file(label)``."""
        from greenshift.testing.sqlite.database import SQLiteDatabase

        return SQLiteDatabase(self, label)

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self.connection.close()

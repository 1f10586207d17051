"""A definition: what a template is made from, for PostgreSQL and for an SQLite file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from greenshift.postgres.databases.template import TemplateSource, TemplateTarget


@dataclass(frozen=True)
class SQLiteTarget:
    """An empty SQLite file that a definition fills.

    Args:
        path: the file.
    """

    path: Path

    def url(self, driver: str | None = "pysqlite") -> str:
        """Return the file's SQLAlchemy URL for ``pysqlite`` or ``aiosqlite``."""
        return f"sqlite:///{self.path}" if driver is None else f"sqlite+{driver}:///{self.path}"


BuildTarget = TemplateTarget | SQLiteTarget


@dataclass(frozen=True)
class Definition(TemplateSource):
    """A template's source that also says which extensions it needs and can fill an SQLite file.

    Args:
        fingerprint: a hash of everything that decides the content; no password, no path of a checkout in it.
        build: fills an empty database; it takes a :class:`TemplateTarget` or an :class:`SQLiteTarget`.
        label: how messages name the definition, for example ``metadata app.models:Base``.
        extensions: PostgreSQL extensions that the build creates or needs.
    """

    build: Callable[[BuildTarget], None]
    extensions: frozenset[str] = frozenset()


def sync_url(target: BuildTarget) -> str:
    """Return the URL with which a sync engine reaches the target."""
    return target.url("pysqlite" if isinstance(target, SQLiteTarget) else "psycopg")


def async_url(target: BuildTarget) -> str:
    """Return the URL with which an async engine reaches the target."""
    return target.url("aiosqlite" if isinstance(target, SQLiteTarget) else "psycopg")


def digest(parts: Iterable[str | bytes]) -> str:
    """Return one hash over several texts; where one text ends matters, the platform's line ends don't."""
    result = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8") if isinstance(part, str) else part
        data = data.replace(b"\r\n", b"\n")
        result.update(len(data).to_bytes(8, "big"))
        result.update(data)
    return result.hexdigest()

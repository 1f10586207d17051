"""The databases under load: one that is filled once, and a fresh copy of it for each version and round."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

import psycopg
from psycopg import sql

from greenshift.application.server import ServerOnDemand
from greenshift.config import Config
from greenshift.load.errors import LoadError
from greenshift.postgres import Template, TemplateTarget, database_name
from greenshift.postgres.databases.backends import read_backends, terminate_backends
from greenshift.postgres.databases.inheritance import read_settings
from greenshift.postgres.databases.marker import comment_statement
from greenshift.postgres.errors import DatabaseError

# Enough for the pools of a few workers, whatever the configuration of the tests' server says.
_CONNECTIONS: Final = "300"


class Databases(ServerOnDemand):
    """A server, and on it the source and its copies; a context manager that removes them.

    The source is no sealed template as the tests' one: the triggers with which those are rewound would be measured too.

    Args:
        config: says which server is wanted; by default an embedded one.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config, {"max_connections": _CONNECTIONS})
        self._source: Template | None = None

    @property
    def words(self) -> str:
        """What the server is, for reports."""
        server = self.server
        place = "in memory, without durability" if server.in_memory else "on disk"
        version = f"{server.version // 10000}.{server.version % 10000}"
        return f"PostgreSQL {version} ({server.provider}{f', {place}' if server.owned else ''})"

    def fill(self, build: Callable[[str], None]) -> None:
        """Make the database that all copies are made of.

        Args:
            build: given the name of an empty database, fills it.

        Raises:
            LoadError: it fails.
            DatabaseError: the server does not do what it should.
        """
        run = self.run
        name = database_name(run.id, "source")
        run.adopt(name)
        run.execute(
            sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)),
            comment_statement(name, run.marker("database", label="source")),
        )
        self.create_extensions(TemplateTarget(self.server, name))
        build(name)
        with self.server.connect(name) as connection:
            # Whoever is measured first must not be the one that runs without the planner's statistics.
            connection.execute("VACUUM ANALYZE")
        with self.server.connect() as connection:
            terminate_backends(connection, [backend.pid for backend in read_backends(connection, name)])
            self._source = Template(self.server, name, sealed=False, settings=read_settings(connection, name))

    def fresh(self, label: str) -> str:
        """Return the name of a fresh copy.

        Args:
            label: what it is for; another one is another database.
        """
        if self._source is None:
            raise LoadError("there is no database to copy", "fill one first")
        run = self.run
        name = database_name(run.id, label)
        self._source.copy_to(run, name, label)
        with suppress(psycopg.Error), self.server.connect() as connection:
            connection.execute("CHECKPOINT")
        return name

    def drop(self, name: str) -> None:
        """Drop a copy."""
        with suppress(DatabaseError, psycopg.Error):
            self.run.drop(name)

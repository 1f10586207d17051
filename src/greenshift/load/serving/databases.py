"""The databases under load: one that is filled once, and a fresh copy of it for each version and round."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import psycopg
from psycopg import sql

from greenshift.config import Config
from greenshift.load.errors import LoadError
from greenshift.postgres import Run, Server, ServerSettings, Template, database_name, open_server
from greenshift.postgres.databases.backends import read_backends, terminate_backends
from greenshift.postgres.databases.inheritance import read_settings
from greenshift.postgres.databases.marker import comment_statement
from greenshift.postgres.errors import DatabaseError

# Enough for the pools of a few workers, whatever the configuration of the tests' server says.
_CONNECTIONS: Final = "300"


class Databases:
    """A server, and on it the source and its copies; a context manager that removes them.

    The source is no sealed template as the tests' one: the triggers with which those are rewound would be measured too.

    Args:
        config: says which server is wanted; by default an embedded one, on 127.0.0.1 (a proxy can stand before it, and
            drivers that know no sockets reach it).
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._server: Server | None = None
        self._run: Run | None = None
        self._source: Template | None = None

    @property
    def server(self) -> Server:
        """The server, started when it is first needed."""
        if self._server is None:
            config = self._config
            self._server = open_server(
                ServerSettings(
                    url=config.url,
                    provider=config.server,
                    listen="tcp",
                    data=config.data,
                    settings={"max_connections": _CONNECTIONS, **config.settings},
                    extensions=config.extensions,
                )
            )
        return self._server

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
        run = self._own_run()
        name = database_name(run.id, "source")
        run.adopt(name)
        run.execute(
            sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)),
            comment_statement(name, run.marker("database", label="source")),
        )
        with self.server.connect(name) as connection:
            for extension in self._config.extensions:
                connection.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}"'.encode())
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
        run = self._own_run()
        name = database_name(run.id, label)
        self._source.copy_to(run, name, label)
        with suppress(psycopg.Error), self.server.connect() as connection:
            connection.execute("CHECKPOINT")
        return name

    def drop(self, name: str) -> None:
        """Drop a copy."""
        with suppress(DatabaseError, psycopg.Error):
            self._own_run().drop(name)

    def _own_run(self) -> Run:
        if self._run is None:
            self._run = Run.start(self.server)
        return self._run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._run is not None:
            self._run.close()
        if self._server is not None:
            self._server.stop()

"""Schema isolation seen from this process: every engine that reaches the database finds the tests' schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from greenshift import trace
from greenshift.errors import ConfigurationError
from greenshift.postgres import Address
from greenshift.postgres.schemas.address import LIBPQ_DRIVERS, search_path_in, with_search_path
from greenshift.testing.environment import Environment
from greenshift.testing.watch import Watch

# Opening a connection tells its arguments first and its information later, in one task or thread.
_opening: ContextVar[bool | None] = ContextVar("greenshift opens a connection to the tests' schema", default=None)


class SchemaWatch(Watch):
    """Follows the connections that find the tests' schema, and makes engines find it.

    An engine that says no search path of its own gets the tests' one, whatever its driver; asyncpg cannot take it
    from SQLAlchemy's URL. An engine with another search path is left alone and does not count.

    Args:
        search_path: the search path whose first schema is the tests'.
        arguments: those of ``Watch``; the database is the one that the schema lies in.
    """

    def __init__(self, search_path: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._search_path = search_path
        self._ours: WeakSet[trace.ConnectionInfo] = WeakSet()

    def install(self) -> None:
        """Start to watch."""
        super().install()
        self._subscriptions.append(trace.pool.on_connect(self._connected))

    def _is_ours(self, info: trace.ConnectionInfo) -> bool:
        return info in self._ours

    def _connecting(self, dialect: Any, arguments: list[Any], keywords: dict[str, Any]) -> None:
        database = keywords.get("dbname") or keywords.get("database")
        is_ours = database == self.database and self._finds_schema(str(dialect.driver), keywords)
        _opening.set(is_ours)
        # The schema's own database is often the one that the environment named; only other paths in it are refused.
        if is_ours or database != self.database:
            super()._connecting(dialect, arguments, keywords)
        else:
            self._refuse_forbidden(keywords, database)

    def _finds_schema(self, driver: str, keywords: dict[str, Any]) -> bool:
        if driver in LIBPQ_DRIVERS:
            options = str(keywords.get("options") or "")
            given = search_path_in(options)
            if given is None:
                keywords["options"] = with_search_path(options, self._search_path)
        elif driver == "asyncpg":
            settings = keywords.get("server_settings") or {}
            given = settings.get("search_path")
            if given is None:
                keywords["server_settings"] = {**settings, "search_path": self._search_path}
        else:
            raise ConfigurationError(
                f"an engine with the driver {driver!r} cannot be made to find the tests' schema",
                "use asyncpg, psycopg or psycopg2 with isolation = 'schema'",
            )
        return given is None or given == self._search_path

    def _connected(self, info: trace.ConnectionInfo, dbapi_connection: Any) -> None:
        is_ours = _opening.get()
        if is_ours is None:
            # The engine has a creator of its own, so its arguments were not seen.
            is_ours = info.database == self.database and _search_path_of(dbapi_connection) == self._search_path
        if is_ours:
            self._ours.add(info)
        _opening.set(None)

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """Count no statement for the present test while the block runs."""
        current, self.current = self.current, None
        try:
            yield
        finally:
            self.current = current


def _search_path_of(dbapi_connection: Any) -> str | None:
    """Return the search path that a psycopg connection began with, None for any other connection."""
    connection = getattr(dbapi_connection, "driver_connection", dbapi_connection)
    try:
        return search_path_in(connection.info.get_parameters().get("options", ""))
    except AttributeError:
        return None


class SchemaEnvironment(Environment):
    """What a migration's process gets, so that it finds the schema whatever driver the variables name.

    Its process is not watched, so asyncpg, which takes no search path from a URL, is replaced by psycopg.
    """

    def __init__(self, variables: dict[str, str | None]) -> None:
        super().__init__({name: _libpq(form) for name, form in variables.items()}, "psycopg")

    def values(self, address: Address, database: str) -> dict[str, str]:
        """Return each variable's value, and libpq's own for URLs that are put together from parts."""
        return {**super().values(address, database), "PGOPTIONS": address.parameters["options"]}


def _libpq(form: str | None) -> str | None:
    if form is None or form == "asyncpg":
        return "psycopg"
    return form.replace("+asyncpg", "+psycopg")

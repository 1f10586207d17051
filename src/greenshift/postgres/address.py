"""Where a PostgreSQL server listens, and how to write that down for each driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

# asyncpg takes its own arguments from a SQLAlchemy URL and rejects libpq's; these mean the same to both.
_ASYNCPG_PARAMETERS = {"sslmode": "ssl", "target_session_attrs": "target_session_attrs", "passfile": "passfile"}


@dataclass(frozen=True)
class Address:
    """The place and the credentials of one PostgreSQL server.

    Args:
        host: a host name, or the absolute path of the folder that holds the server's socket.
        port: the TCP port; for a socket, the number in the socket's file name.
        user: the role to log in as.
        password: its password, or None where the server asks for none.
        parameters: further libpq connection parameters, such as ``sslmode``.
    """

    host: str
    port: int
    user: str
    password: str | None = field(default=None, repr=False)
    # sslpassword is among them.
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def is_socket(self) -> bool:
        """Whether the server is reached over a Unix socket rather than TCP."""
        return self.host.startswith("/")

    def url(self, database: str, driver: str | None = None) -> str:
        """Return the SQLAlchemy URL of a database on this server.

        Args:
            database: the database's name.
            driver: ``asyncpg``, ``psycopg``, ``psycopg2``...; None leaves the driver out (a libpq URL).
        """
        scheme = "postgresql" if driver is None else f"postgresql+{driver}"
        credentials = quote(self.user, safe="")
        if self.password is not None:
            credentials += ":" + quote(self.password, safe="")
        query = dict(self.parameters)
        if driver == "asyncpg":
            query = {_ASYNCPG_PARAMETERS[name]: value for name, value in query.items() if name in _ASYNCPG_PARAMETERS}
        if self.is_socket:
            query = {"host": self.host, "port": str(self.port), **query}
            place = ""
        else:
            place = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        suffix = "?" + urlencode(query, safe="/") if query else ""
        return f"{scheme}://{credentials}@{place}/{quote(database, safe='')}{suffix}"

    def connection_arguments(self, database: str) -> dict[str, str | int]:
        """Return the keyword arguments with which ``psycopg.connect`` reaches a database on this server."""
        arguments: dict[str, str | int] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "dbname": database,
            **self.parameters,
        }
        if self.password is not None:
            arguments["password"] = self.password
        return arguments

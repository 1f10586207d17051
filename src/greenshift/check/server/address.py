"""A SQLAlchemy URL of any driver as what libpq needs to connect."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import pq
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from greenshift.check.errors import CheckError

_EXAMPLE: Final = "write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_LIBPQ: Final = frozenset(default.keyword.decode() for default in pq.Conninfo.get_defaults())
# What asyncpg's `ssl` takes as a text means the same as libpq's `sslmode`.
# https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect
_SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is, and as whom to ask it.

    Attributes:
        arguments: what ``psycopg.connect`` takes; the password is among them.
    """

    arguments: dict[str, str]

    @property
    def host(self) -> str:
        """The host, or the folder of the socket; "" for libpq's default."""
        return self.arguments.get("host", "")

    @property
    def database(self) -> str:
        """The database: the user's own if none is named."""
        return self.arguments.get("dbname") or self.arguments.get("user", "")

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host or "localhost"
        return f"{host}:{self.arguments.get('port', '5432')}/{self.database}"


def server_address(text: str) -> ServerAddress:
    """Return where a URL leads.

    Args:
        text: a URL of PostgreSQL for SQLAlchemy, with any driver, or for libpq.

    Raises:
        CheckError: it is no URL, or one of another database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        # The message would hold the text, and that perhaps a password.
        raise CheckError("the server's URL cannot be read", _EXAMPLE) from error
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise CheckError(f"the server's URL is one of {url.get_backend_name()}, not of PostgreSQL", _EXAMPLE)
    arguments = {name: value for name, value in _parameters(url).items() if value}
    for name, given in (("host", url.host), ("user", url.username), ("dbname", url.database)):
        if given:
            arguments.setdefault(name, given)
    if url.port is not None:
        arguments.setdefault("port", str(url.port))
    if url.password is not None:
        arguments["password"] = str(url.password)
    return ServerAddress(arguments)


def is_local(host: str, host_address: str) -> bool:
    """Return whether a server is reached without a network.

    Args:
        host: what the URL names; a socket's folder begins with a slash or, if it is abstract, an @.
        host_address: the IP address that it turned out to be; "" for a socket.
    """
    if host.startswith(("/", "@")) or not host_address:
        return True
    try:
        return ipaddress.ip_address(host_address).is_loopback
    except ValueError:
        return False


def _parameters(url: URL) -> dict[str, str]:
    """Return what the URL's query says that libpq knows; what only a driver knows is left out."""
    found = {name: _joined(value) for name, value in url.query.items() if name in _LIBPQ}
    ssl = _joined(url.query.get("ssl", ""))
    if ssl in _SSL_MODES:
        found.setdefault("sslmode", ssl)
    elif ssl.lower() in ("true", "1", "on"):
        found.setdefault("sslmode", "require")
    hosts = found.get("host", "").split(",")
    # Several hosts may have their ports behind them: host=a:5432&host=b:5433.
    if any(_has_port(host) for host in hosts):
        pairs = [host.rpartition(":") if _has_port(host) else (host, "", "5432") for host in hosts]
        found["host"] = ",".join(pair[0] for pair in pairs)
        found["port"] = ",".join(pair[2] for pair in pairs)
    return found


def _has_port(host: str) -> bool:
    return host.count(":") == 1 and host.rpartition(":")[2].isdigit()


def _joined(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else ",".join(value)

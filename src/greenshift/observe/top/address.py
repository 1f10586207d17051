"""What the user wants to watch: the URL of an observed application, or of a PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from greenshift.observe.top.errors import TopError

DOCUMENT: Final = "greenshift.json"
_EXAMPLES: Final = "write http://HOST:PORT of an observed application, or postgresql://USER@HOST:PORT/DATABASE"
_DATABASE: Final = re.compile(r"postgres(?:ql)?(?:\+\w+)?://", re.IGNORECASE)
_LIBPQ: Final = frozenset(default.keyword.decode() for default in pq.Conninfo.get_defaults())
# What asyncpg's `ssl` takes as a text means the same as libpq's `sslmode`.
# https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect
_SSL_MODES: Final = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})


@dataclass(frozen=True, slots=True)
class ApplicationAddress:
    """Where an observer's snapshot is served.

    Attributes:
        shown: the URL without credentials and query.
        secure: whether it is HTTPS.
        host: the host's name or address.
        port: the TCP port.
        target: path and query of the snapshot.
        credentials: user and password for HTTP's basic authentication, or None.
    """

    shown: str
    secure: bool
    host: str
    port: int
    target: str = field(repr=False)
    credentials: tuple[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a PostgreSQL server is, and as whom to ask it.

    Attributes:
        shown: host, port and database.
        arguments: what ``psycopg.connect`` takes; the password is among them.
    """

    shown: str
    arguments: dict[str, str] = field(repr=False)


def read_address(text: str) -> ApplicationAddress | DatabaseAddress:
    """Return what a URL leads to.

    Args:
        text: ``http://``, ``https://``, or ``postgresql://`` with any driver of SQLAlchemy's.

    Raises:
        TopError: it leads to neither.
    """
    try:
        if _DATABASE.match(text):
            return _database(text)
        parts = urlsplit(text)
        if parts.scheme in ("http", "https") and parts.hostname:
            secure = parts.scheme == "https"
            port = parts.port or (443 if secure else 80)
            path = parts.path.rstrip("/")
            target = path if path.endswith(f"/{DOCUMENT}") else f"{path}/{DOCUMENT}"
            host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            return ApplicationAddress(
                shown=f"{parts.scheme}://{host}:{port}{target.removesuffix(f'/{DOCUMENT}')}",
                secure=secure,
                host=parts.hostname,
                port=port,
                target=f"{target}?{parts.query}" if parts.query else target,
                credentials=(unquote(parts.username), unquote(parts.password or "")) if parts.username else None,
            )
    except ValueError:
        pass
    # The text may hold a password, so it is not repeated.
    raise TopError("that is neither the URL of an application nor one of PostgreSQL", _EXAMPLES)


def _database(text: str) -> DatabaseAddress:
    beginning, _, query = _DATABASE.sub("postgresql://", text, count=1).partition("?")
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    ssl = parameters.get("ssl", "")
    if ssl in _SSL_MODES:
        parameters.setdefault("sslmode", ssl)
    elif ssl.lower() in ("true", "1", "on"):
        parameters.setdefault("sslmode", "require")
    known = {name: value for name, value in parameters.items() if name in _LIBPQ}
    try:
        found = conninfo_to_dict(f"{beginning}?{urlencode(known)}" if known else beginning)
    except psycopg.Error as error:
        # libpq's message may repeat what it did not understand.
        raise TopError("the URL of the database cannot be read", _EXAMPLES) from error
    arguments = {name: str(value) for name, value in found.items() if value is not None}
    # Several hosts may have a port each. libpq would take the whole for a host that is unknown.
    if not all(port.isdigit() for port in arguments.get("port", "5432").split(",")):
        raise TopError("the URL of the database has a port that is no number", _EXAMPLES)
    host = arguments.get("host") or arguments.get("hostaddr") or "localhost"
    host = f"[{host}]" if ":" in host else host
    database = arguments.get("dbname") or arguments.get("user", "")
    return DatabaseAddress(f"{host}:{arguments.get('port', '5432')}/{database}", arguments)

"""A server that the user names by a URL: used, never started, changed or ended."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import pq

from greenshift.masking import mask
from greenshift.postgres.address import Address
from greenshift.postgres.errors import ServerError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.binaries import check_version

CONNECT_TIMEOUT = "10"
FIX_URL = "write it as postgresql://user:password@host:5432/database"
# What the address itself says, or what each connection says for itself.
SEPARATE = frozenset({"host", "port", "user", "password", "dbname", "application_name"})


def open_given(url: str) -> Server:
    """Return the server at a URL.

    Args:
        url: ``postgresql://...`` with any driver (``postgresql+asyncpg://...``), percent-encoded where needed; a
            socket's folder goes in the query (``?host=/var/run/postgresql``), and so do libpq's parameters. What
            is missing comes from libpq's environment variables. Its database is used to create others from.

    Raises:
        ServerError: not a PostgreSQL URL, or nothing usable answers there; the password is not in the message.
        ServerTooOldError: older than PostgreSQL 13.
    """
    arguments = connection_arguments(url)
    password = arguments.get("password")
    try:
        first = {"connect_timeout": CONNECT_TIMEOUT, **arguments, "application_name": "greenshift"}
        with psycopg.connect(**first) as connection:  # type: ignore[arg-type]
            info = connection.info
            address = Address(
                host=info.host,
                port=info.port,
                user=info.user,
                password=password,
                parameters={name: value for name, value in arguments.items() if name not in SEPARATE},
            )
            version = info.server_version
            database = info.dbname
    except psycopg.Error as error:
        raise _unreachable(url, str(error), password) from None
    check_version(version, f"the server at {hidden(url)}")
    return Server(address, provider="url", version=version, owned=False, maintenance_database=database)


def connection_arguments(url: str) -> dict[str, str]:
    """Return libpq's parameters in a URL; those that only a driver of SQLAlchemy knows are left out.

    Raises:
        ServerError: not a PostgreSQL URL.
    """
    shown = hidden(url)
    scheme, separator, _ = url.strip().partition("://")
    if not separator or scheme.split("+")[0].lower() not in ("postgresql", "postgres"):
        raise ServerError(f"{shown!r} is not the URL of a PostgreSQL server", FIX_URL)
    parts = urlsplit(url.strip())
    credentials, _, place = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    # The standard library's hostname is in lower case, which would break the encoded path of a socket's folder.
    found = re.fullmatch(r"(?:\[(?P<v6>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::(?P<port>\d{0,5}))?", place)
    if found is None:
        raise ServerError(
            f"the URL {shown!r} cannot be read",
            f"{FIX_URL}; percent-encode what is special in a password (/ as %2F, @ as %40)",
        )
    given = {
        "host": unquote(found["v6"] or found["name"] or ""),
        "port": found["port"] or "",
        "user": unquote(user),
        "password": unquote(password),
        "dbname": unquote(parts.path.removeprefix("/")),
    }
    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    for name, value in parse_qsl(parts.query):
        if name == "ssl" and value in ("require", "prefer", "allow", "disable", "verify-ca", "verify-full"):
            name = "sslmode"  # asyncpg's word for it
        if name in known:
            given[name] = value
    if "," in given["host"] or "," in given["port"]:
        raise ServerError(f"the URL {shown!r} names several hosts", "name the one server to use")
    return {name: value for name, value in given.items() if value}


def hidden(url: str) -> str:
    """Return a URL with its passwords replaced by ``***``, also where it is hardly a URL."""
    before, separator, after = url.partition("://")
    place, slash, rest = after.partition("/") if "@" in after.partition("/")[0] else (after, "", "")
    credentials, at, host = place.rpartition("@")
    if at and ":" in credentials:
        place = f"{credentials.partition(':')[0]}:***@{host}"
    # The query may have several: password, and sslpassword of a key.
    return mask(f"{before}{separator}{place}{slash}{rest}")


def _unreachable(url: str, message: str, password: str | None) -> ServerError:
    reason = next((line.strip() for line in message.splitlines() if line.strip()), "no reason given")
    reason = reason.removeprefix("connection failed: ").removeprefix("connection is bad: ").strip()
    if password:
        reason = reason.replace(password, "***")
    if "authentication failed" in message or "no password supplied" in message or "no pg_hba.conf" in message:
        fix = "check the user and the password in the URL, and who may log in to the server"
    elif "database" in message and "does not exist" in message:
        fix = "name a database that exists, such as postgres; others are created from there"
    elif "too many" in message or "remaining connection slots" in message:
        fix = "close some connections, or raise the server's max_connections"
    else:
        fix = "start that server or correct the URL; without a URL an embedded server is started"
    return ServerError(f"no PostgreSQL server can be used at {hidden(url)}: {reason}", fix)

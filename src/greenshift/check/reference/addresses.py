"""What a URL shows of where the database is: the host, the port, and what surely stands in front of it."""

from __future__ import annotations

import re
from typing import Final, Literal

from greenshift.check.facts import Engine, Program, Text, Value

# Hosts of databases that sleep when nobody asks them, and of poolers.
_MANAGED: Final = (
    (".neon.tech", "Neon"),
    (".supabase.co", "Supabase"),
    (".supabase.com", "Supabase"),
    (".proxy-", "an RDS proxy"),
    (".pooler.", "a connection pooler"),
    ("-pooler.", "a connection pooler"),
)
_UNKNOWN: Final = "\0"


def texts(url: Value) -> list[Text]:
    """Return what a URL can be, as texts; empty if it may be something else too.

    Args:
        url: the URL.
    """
    if url.unknown:
        return []
    values = [option.value for option in url.options]
    found = [Text((value,)) if isinstance(value, str) else value for value in values]
    return [text for text in found if isinstance(text, Text)] if all(isinstance(t, Text) for t in found) else []


def is_fixed(url: Value) -> bool:
    """Return whether nothing replaces a URL at run time.

    Args:
        url: the URL.
    """
    return url.surely(lambda value: True)


def host_and_port(text: Text) -> tuple[str, str]:
    """Return a URL's host and port, as far as they are known; a NUL stands for what is not.

    Args:
        text: the URL.
    """
    marked = "".join(_UNKNOWN if piece is None else piece for piece in text.pieces)
    authority = re.split(r"[/?]", marked.partition("://")[2], maxsplit=1)[0]
    # A password may hold a slash or a question mark only if it is escaped, an @ too.
    host, _, port = authority.rpartition("@")[2].partition(":")
    return host, port


def managed_by(engine: Engine, program: Program) -> str:
    """Return what closes an engine's idle connections, for a message; "" if nothing is known to.

    Args:
        engine: the engine.
        program: its program.
    """
    if program.deployment.proxy is not None:
        return f"a proxy ({program.deployment.proxy})"
    found = {_managed_by(text) for text in texts(engine.url)}
    return found.pop() if len(found) == 1 else ""


def _managed_by(text: Text) -> str:
    host, port = host_and_port(text)
    if text.has("/cloudsql/"):
        return "the Cloud SQL connector"
    if port in ("6432", "6543"):
        return f"a connection pooler (port {port})"
    for part, name in _MANAGED:
        if part in f"{host}." and (part != ".proxy-" or host.endswith(".rds.amazonaws.com")):
            return name
    return "PgBouncer" if "pgbouncer" in host else ""


def transaction_pooling(engine: Engine, program: Program) -> Literal["sure", "possible", ""]:
    """Return whether a PgBouncer that gives a connection for one transaction stands before the database.

    Args:
        engine: the engine.
        program: its program.
    """
    if program.deployment.proxy is not None:
        return "sure" if program.deployment.proxy == "pgbouncer-transaction" else ""
    found = {_pooling(text) for text in texts(engine.url)}
    return found.pop() if len(found) == 1 else ""


def _pooling(text: Text) -> Literal["sure", "possible", ""]:
    host, port = host_and_port(text)
    if port == "6543":
        # https://supabase.com/docs/guides/database/connecting-to-postgres: 5432 is session mode, 6543 transaction mode.
        return "sure"
    return "possible" if port == "6432" or "pgbouncer" in host else ""

"""A server that the samples of this family ask: nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from greenshift.check.rules.rule import Sample
from greenshift.check.server.facts import PgBouncerFacts, ServerFacts

_SETTINGS: Final[Mapping[str, str]] = {
    "max_connections": "100",
    "superuser_reserved_connections": "3",
    "reserved_connections": "0",
    "statement_timeout": "30000",
    "idle_in_transaction_session_timeout": "60000",
    "idle_session_timeout": "0",
}
_SERVER: Final = ServerFacts("db.internal:5432/shop", (17, 2), _SETTINGS, is_encrypted=True, host="db.internal")
BOUNCER: Final = PgBouncerFacts(
    (1, 23, 1),
    "transaction",
    {
        "max_client_conn": "1000",
        "default_pool_size": "20",
        "client_idle_timeout": "0",
        "max_prepared_statements": "200",
    },
    20,
    keeps_prepared_statements=True,
)

ASYNCPG: Final = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://shop@db.internal/shop")
"""
PSYCOPG: Final = """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop@db.internal/shop")
"""


def server(*, bouncer: PgBouncerFacts | None = None, **settings: object) -> ServerFacts:
    """Return the server with some settings of its own.

    Args:
        bouncer: the PgBouncer in front of it.
        settings: PostgreSQL's settings, which replace the sample's.
    """
    own = {name: str(value) for name, value in settings.items()}
    return replace(_SERVER, settings={**_SETTINGS, **own}, pgbouncer=bouncer)


def asked(text: str, facts: ServerFacts, *, finds: str = "", project: str = "") -> Sample:
    """Return a sample of one file and a server.

    Args:
        text: the file's text.
        facts: what the server says.
        finds: a text that the finding's message has.
        project: the text of pyproject.toml.
    """
    files: dict[str, Any] = {"app/database.py": text}
    if project:
        files["pyproject.toml"] = project
    return Sample(files, facts, finds=finds)

"""What the user chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

STAGES = ("modernize", "prepare", "flip")


@dataclass(frozen=True, slots=True)
class Options:
    """What the user chose.

    Attributes:
        bridge: ``barriers`` bridges what cannot be async, ``all`` keeps every service sync inside, ``none`` only lists.
        loading: What is done about relationships whose loading statement cannot be proved.
        tests: ``greenshift`` puts the tests on Greenshift's fixtures; ``own`` keeps theirs, made async.
        postgres_driver: The async driver for PostgreSQL: ``asyncpg``, ``psycopg``, or ``auto`` for asyncpg unless the
            code has psycopg already, or binds what asyncpg refuses.
        is_type_checked: Whether a type checker is configured: it learns what a result is typed too widely for.
        kept: Files that stay as they are, and sync: what calls them bridges, what they load cannot be changed.
    """

    bridge: Literal["barriers", "all", "none"] = "barriers"
    loading: Literal["query", "model", "awaitable"] = "query"
    tests: Literal["own", "greenshift"] = "own"
    postgres_driver: Literal["auto", "asyncpg", "psycopg"] = "auto"
    is_type_checked: bool = False
    kept: frozenset[str] = frozenset()

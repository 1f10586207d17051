"""Prepared statements that a pooler between the engine and the server mixes up."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.server_error import server_error
from greenshift.explain.editing.connect_args import connect_args
from greenshift.explain.explanation import Edit, Explanation
from greenshift.explain.failure import Failure

# The names that asyncpg and psycopg give; those of the user's own PREPARE are no business of a pooler's.
_ASYNCPG: Final = re.compile(r'(prepared statement "__asyncpg_[^"]*"|unnamed prepared statement) ')
_PSYCOPG: Final = re.compile(r'prepared statement "_pg3_[^"]*" ')

# asyncpg before 0.31 names statements even without its cache, hence the names of our own; SQLAlchemy's own cache keeps
# a statement from one transaction to the next, which another connection of the server's may run.
_ASYNCPG_ARGUMENTS: Final = {
    "statement_cache_size": "0",
    "prepared_statement_cache_size": "0",
    "prepared_statement_name_func": 'lambda: f"__asyncpg_{uuid4()}__"',
}
_PSYCOPG_ARGUMENTS: Final = {"prepare_threshold": "None"}


class PreparedStatementBehindPooler(Entry):
    """A prepared statement that is on another of the server's connections."""

    kind = "prepared statement behind PgBouncer"
    title = "PgBouncer in transaction mode hands each transaction another connection, without its prepared statements"
    source = "https://docs.sqlalchemy.org/en/20/dialects/postgresql.html#prepared-statement-name-with-pgbouncer"

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        if error is None or error.state not in ("42P05", "26000"):
            return None
        if _ASYNCPG.match(error.message):
            driver, arguments, imports = "asyncpg", _ASYNCPG_ARGUMENTS, {"uuid": "uuid4"}
        elif _PSYCOPG.match(error.message):
            driver, arguments, imports = "psycopg", _PSYCOPG_ARGUMENTS, {}
        else:
            return None
        missing = "does not exist" in error.message
        frame = error.user_frame
        told = (
            "the statement was prepared on another connection of the server than the one it is to run on"
            if missing
            else "the connection to the server was used before by another client, which left a statement of that name"
        )
        unknown = ["whether a pooler is there: PgBouncer (pool_mode = transaction) is what causes this nearly always"]
        if missing:
            unknown[0] += "; DEALLOCATE ALL or DISCARD ALL on the connection does it too"
        edits = self._edits(failure, arguments, imports)
        if not edits:
            unknown.append("which create_async_engine(...) or create_engine(...) made the engine")
        return Explanation(
            self.kind,
            f"{driver}'s {error.message}",
            f"{told}: a pooler that gives each transaction any of its connections does not carry them along.",
            () if frame is None else (frame.place("executed here"),),
            _fix(driver, arguments),
            edits,
            tuple(unknown),
        )

    def _edits(self, failure: Failure, arguments: dict[str, str], imports: dict[str, str]) -> tuple[Edit, ...]:
        files = dict.fromkeys(frame.file for frame in failure.frames if frame.user)
        return connect_args(list(files), arguments, imports)


def _fix(driver: str, arguments: dict[str, str]) -> str:
    given = ", ".join(f'"{name}": {value}' for name, value in arguments.items())
    text = f"give the engine connect_args={{{given}}}"
    if driver == "asyncpg":
        text += (
            "\nwith `from uuid import uuid4`, and poolclass=NullPool, since PgBouncer pools already (asyncpg 0.31 does "
            "with the two sizes alone);\nthe names alone, without the two sizes, are not enough"
        )
    return f"{text};\nor PgBouncer 1.21 or newer with max_prepared_statements = 200, and nothing in the engine"

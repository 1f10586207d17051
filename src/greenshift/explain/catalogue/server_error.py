"""What PostgreSQL said: the error behind a failure, from the driver's exception or from the text of a traceback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from greenshift.explain.failure import Failure, Frame, Raised

# Class names of psycopg and asyncpg, which name their exceptions after PostgreSQL's conditions.
_STATES: Final = {
    "UniqueViolation": "23505",
    "ForeignKeyViolation": "23503",
    "NotNullViolation": "23502",
    "CheckViolation": "23514",
    "DeadlockDetected": "40P01",
    "LockNotAvailable": "55P03",
    "QueryCanceled": "57014",
    "IdleInTransactionSessionTimeout": "25P03",
    "InFailedSqlTransaction": "25P02",
    "InFailedSQLTransaction": "25P02",
    "DuplicatePreparedStatement": "42P05",
    "InvalidSqlStatementName": "26000",
    "InvalidSQLStatementName": "26000",
}
_DRIVER: Final = re.compile(r"\((?:psycopg2?(?:\.errors)?|sqlalchemy\.dialects\.postgresql\.asyncpg)\.(\w+)\) ?")
# SQLAlchemy 2.0 writes the class of asyncpg's exception before its text.
_CLASS: Final = re.compile(r"<class 'asyncpg\.exceptions\.(?:_base\.)?(\w+)'>: ")
_DETAIL: Final = re.compile(r"^\W*DETAIL:\s+(.+(?:\n\W*Process .+)*)", re.MULTILINE)
_STATEMENT: Final = re.compile(r"\[SQL: (.*?)\](?:\n|$)", re.DOTALL)
_WRITE: Final = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?("[^"]+"|[\w.]+)', re.IGNORECASE)
_TABLE: Final = re.compile(r'\b(?:table|relation) "([^"]+)"')
_CONSTRAINT: Final = re.compile(r'\bconstraint "([^"]+)"')
_COLUMN: Final = re.compile(r'\bcolumn "([^"]+)"')
_KEY: Final = re.compile(r"Key \((.+?)\)=\(")


@dataclass(frozen=True)
class ServerError:
    """An error that PostgreSQL reported.

    Args:
        state: its SQLSTATE.
        message: its first line.
        detail: PostgreSQL's DETAIL; it holds values of the user's, which no explanation may repeat.
        table: the table, or None.
        columns: the columns of the key or of the value; may be expressions of an index.
        constraint: the constraint's name, or None.
        statement: the text of the statement, or None.
        raised: the exception of the chain whose frames lead to the user's line.
    """

    state: str
    message: str
    detail: str
    table: str | None
    columns: tuple[str, ...]
    constraint: str | None
    statement: str | None
    raised: Raised

    @property
    def user_frame(self) -> Frame | None:
        """The user's line that sent the statement."""
        return self.raised.user_frame


def server_error(failure: Failure) -> ServerError | None:
    """Return the first error of PostgreSQL's in a failure's chain, or None.

    Args:
        failure: what happened.
    """
    for raised in failure.chain:
        # It quotes the error of an earlier statement, which is not what happened here.
        if raised.type_name == "PendingRollbackError":
            return None
        state = _state(raised)
        if state is not None:
            return _described(failure, raised, state)
    return None


def own_statement(sql: str) -> str:
    """Return a statement on one line, cut where it is long.

    Args:
        sql: its text.
    """
    line = " ".join(sql.split())
    return line if len(line) <= 120 else f"{line[:117]}..."


def table_written(statement: str | None) -> str | None:
    """Return the table that an INSERT, UPDATE or DELETE changes, or None for anything else.

    Args:
        statement: its text.
    """
    found = _WRITE.match(statement or "")
    return None if found is None else found[1].strip('"')


def _state(raised: Raised) -> str | None:
    state = getattr(raised.exception, "sqlstate", None)
    if isinstance(state, str):
        return state
    found = _CLASS.search(raised.message) or _DRIVER.search(raised.message)
    for name in (raised.type_name, found[1] if found else ""):
        state = _STATES.get(name.removesuffix("Error"))
        if state is not None:
            return state
    if found is None:
        return None
    # SQLAlchemy 2.1 leaves the class out for errors that the DBAPI has no name for.
    text = raised.message[found.end() :]
    return next((state for beginning, state in _BEGINNINGS if text.startswith(beginning)), None)


_BEGINNINGS: Final = (
    ("deadlock detected", "40P01"),
    ("canceling statement due to lock timeout", "55P03"),
    ("could not obtain lock on", "55P03"),
    ("canceling statement due to statement timeout", "57014"),
    ("current transaction is aborted", "25P02"),
    ("terminating connection due to idle-in-transaction timeout", "25P03"),
    ('prepared statement "', "26000"),
    # psycopg2 had no classes of its own for these before 2.8.
    ("duplicate key value violates unique constraint", "23505"),
    ("null value in column", "23502"),
    ("insert or update on table", "23503"),
    ("update or delete on table", "23503"),
    ("new row for relation", "23514"),
)


def _said(failure: Failure) -> Iterator[tuple[str | None, Any]]:
    """Give what the drivers' exceptions carry: the detail, and an object with the names of table and column."""
    for raised in failure.chain:
        error: Any = raised.exception
        if error is None:
            continue
        if hasattr(error, "diag"):
            yield error.diag.message_detail, error.diag
        elif hasattr(error, "constraint_name"):
            yield error.detail, error


def _described(failure: Failure, raised: Raised, state: str) -> ServerError:
    message = _message(raised)
    detail, carrier = next(_said(failure), (None, None))
    if detail is None:
        found = next((one for part in failure.chain if (one := _DETAIL.search(part.message))), None)
        found = found or (None if failure.live else _DETAIL.search(failure.text))
        detail = "" if found is None else found[1]

    def named(attribute: str, pattern: re.Pattern[str]) -> str | None:
        value = getattr(carrier, attribute, None)
        found = None if value else pattern.search(message)
        return str(value) if value else found[1] if found else None

    statement = _statement(failure)
    table, column = named("table_name", _TABLE) or table_written(statement), named("column_name", _COLUMN)
    key = _KEY.match(detail)
    columns = tuple(part.strip().strip('"') for part in key[1].split(",")) if key and "(" not in key[1] else ()
    columns = columns or ((key[1],) if key else (column,) if column else ())
    return ServerError(
        state,
        message,
        detail,
        table,
        columns,
        named("constraint_name", _CONSTRAINT),
        statement,
        _led(failure, raised),
    )


def _message(raised: Raised) -> str:
    text = raised.message
    found = _CLASS.search(text) or _DRIVER.search(text)
    return (text[found.end() :] if found else text).partition("\n")[0]


def _statement(failure: Failure) -> str | None:
    for raised in failure.chain:
        statement = getattr(raised.exception, "statement", None)
        if isinstance(statement, str):
            return statement
        if found := _STATEMENT.search(raised.message):
            return found[1]
    facts = failure.facts
    if facts is not None and facts.statement is not None:
        return facts.statement.sql
    found = None if failure.live else _STATEMENT.search(failure.text)
    return None if found is None else found[1]


def _led(failure: Failure, raised: Raised) -> Raised:
    """Return the exception with the user's line: the server's own, or the nearest that wraps it."""
    number = failure.chain.index(raised)
    nearest = (*reversed(failure.chain[: number + 1]), *failure.chain[number + 1 :])
    return next((one for one in nearest if one.user_frame is not None), failure.chain[0])

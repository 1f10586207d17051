"""Constraints that a statement breaks: unique, foreign key, not null, check."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import ClassVar, Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.flushing import Sent, sent
from greenshift.explain.catalogue.server_error import ServerError, server_error, table_written
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure

_OTHER_TABLE: Final = re.compile(r'(?:in|from) table "([^"]+)"')
_AUTOFLUSHED: Final = (
    " The flush was not asked for on this line: the query sent first what the session had pending (autoflush)."
)


class _Violation(Entry):
    state: ClassVar[str]

    def recognise(self, failure: Failure) -> Explanation | None:
        error = server_error(failure)
        if error is None or error.state != self.state:
            return None
        how = sent(failure, error)
        headline, because, fix = self.told(error, how)
        if how.autoflush:
            because += _AUTOFLUSHED
        unknown = [] if how.places else ["the line that sent it: no line of your code is in the traceback"]
        if how.flushed and not failure.live:
            unknown.append("the line that created or changed the object: a flush comes later than the change")
        return Explanation(self.kind, headline, because, how.places, fix, unknown=tuple(unknown))

    @abstractmethod
    def told(self, error: ServerError, how: Sent) -> tuple[str, str, str]:
        """Return the headline, the cause and the fix."""


def _constraint(error: ServerError) -> str:
    return f" (constraint {error.constraint})" if error.constraint else ""


def _attributes(error: ServerError, how: Sent) -> str:
    if not error.columns:
        return error.table or "a column"
    return " and ".join(how.attribute(error.table, column) for column in error.columns)


class UniqueViolation(_Violation):
    """A second row with a value that must be unique."""

    kind = "unique violation"
    title = "A row with this value exists already"
    source = "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-UNIQUE-CONSTRAINTS"
    state = "23505"

    def told(self, error: ServerError, how: Sent) -> tuple[str, str, str]:
        names = _attributes(error, how)
        table = error.table or "the table"
        because = f"a row of {table} has the same {' and '.join(error.columns) or 'key'}{_constraint(error)}."
        if (error.constraint or "").endswith("_pkey"):
            column = error.columns[0] if error.columns else "id"
            fix = (
                "leave the primary key to the database, or look for the row first: `session.get(...)`\n"
                "if rows were inserted with keys of their own (seeds, imports), move the sequence behind them: "
                f"`setval(pg_get_serial_sequence('{table}', '{column}'), max({column}))`"
            )
            return f"{names}: the primary key is taken", because, fix
        elements = ", ".join(f'"{column}"' for column in error.columns)
        model = how.model(error.table) or "Model"
        columns = ", ".join(f"{model}.{column} == ..." for column in error.columns) or "..."
        fix = (
            f"look first, `select({model}).where({columns})`, or let PostgreSQL decide, which is safe when two do it "
            f"at once:\n`insert({model}).values(...).on_conflict_do_nothing(index_elements=[{elements}])` with "
            "`from sqlalchemy.dialects.postgresql import insert`"
        )
        return f"{names}: the value is taken", because, fix


class ForeignKeyViolation(_Violation):
    """A row whose parent is missing, or a parent that is still referenced."""

    kind = "foreign key violation"
    title = "The row it refers to is missing, or is still referred to"
    source = "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK"
    state = "23503"

    def told(self, error: ServerError, how: Sent) -> tuple[str, str, str]:
        found = _OTHER_TABLE.search(error.detail)
        # It speaks of the parent first; the table that the drivers name is the child even then.
        if error.message.startswith("update or delete"):
            child = found[1] if found else error.table or "another table"
            parent = table_written(error.statement) or "the row"
            return (
                f"{parent} is still referred to by {child}",
                f"rows of {child} point to the row that was deleted or whose key was changed{_constraint(error)}.",
                f'delete the rows of {child} first, or have it done for you: `cascade="all, delete-orphan"` on the '
                f'relationship (deletes through the session), or `ForeignKey(..., ondelete="CASCADE")` with '
                "`passive_deletes=True` and a migration (deletes by any statement)",
            )
        parent = found[1] if found else "the other table"
        return (
            f"{_attributes(error, how)} refers to a row of {parent} that is not there",
            f"no row of {parent} has this key{_constraint(error)}: it was never inserted, is not committed yet in "
            "another transaction, or is gone.",
            f"add the row of {parent} first; in one session set the relationship instead of its key column "
            "(`child.parent = parent`), so that the flush inserts them in the right order",
        )


class NotNullViolation(_Violation):
    """A column that must have a value."""

    kind = "not null violation"
    title = "A column that must have a value has none"
    source = "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL"
    state = "23502"

    def told(self, error: ServerError, how: Sent) -> tuple[str, str, str]:
        name = _attributes(error, how)
        if how.flushed and (error.statement or "").lstrip().upper().startswith("UPDATE"):
            return (
                f"{name} would become NULL",
                "the unit of work sets the key of children to NULL when their parent is deleted or lets go of them; "
                "or the attribute was set to None.",
                f'if {error.table or "the child"} cannot be without its parent: `cascade="all, delete-orphan"` on the '
                "parent's relationship; otherwise make the column nullable",
            )
        return (
            f"{name} has no value",
            "neither was the attribute set nor has the column a default.",
            f"give {name} a value, or the column a `default=` or `server_default=`, or make it nullable "
            "(`Mapped[... | None]`) with a migration",
        )


class CheckViolation(_Violation):
    """A value that a CHECK forbids."""

    kind = "check violation"
    title = "A value breaks a CHECK constraint"
    source = "https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-CHECK-CONSTRAINTS"
    state = "23514"

    def told(self, error: ServerError, how: Sent) -> tuple[str, str, str]:
        table = how.model(error.table) or error.table or "the row"
        return (
            f"{table} breaks the check {error.constraint or ''}".rstrip(),
            f"the values are not what the CHECK constraint of {error.table or 'the table'} allows; "
            "PostgreSQL does not say which column it is.",
            "check the values before they get there (`@validates`, the Pydantic schema), or change the constraint "
            "with a migration",
        )

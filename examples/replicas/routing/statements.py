"""Which statements only read."""

from __future__ import annotations

from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import Function, next_value
from sqlalchemy.sql.selectable import ForUpdateArg, SelectBase

# A replica refuses what writes, loudly. These it would answer, and wrongly: its locks and its sequences' last values
# have nothing to do with the primary's. The application adds functions of its own that write, to save the error.
ON_THE_PRIMARY = {"nextval", "setval", "currval", "lastval", "pg_notify"}
LOCKS = ("pg_advisory_", "pg_try_advisory_")


def only_reads(statement: ClauseElement | None) -> bool:
    """Whether a statement may be answered by a replica.

    True for SELECTs (and UNIONs of them) without ``FOR UPDATE`` or its kind, without INSERT, UPDATE or DELETE in a CTE,
    without sequences, and without functions known to write. All else is for the primary: also ``text()``, since it is
    not parsed, and None, which stands for a flush, for bulk methods and for ``session.connection()``.
    """
    if not isinstance(statement, SelectBase):
        return False
    return not any(_writes(element) for element in visitors.iterate(statement))


def _writes(element: object) -> bool:
    if isinstance(element, ForUpdateArg | UpdateBase | next_value):
        return True
    if not isinstance(element, Function):
        return False
    name = element.name.lower()
    return name in ON_THE_PRIMARY or name.startswith(LOCKS)

"""Whether what was read is what was written, and in a form that two runs can compare."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from greenshift.contract.description import Column, Model


def is_same(column: Column, written: Any, read: Any) -> bool:
    """Tell whether a value came back.

    Args:
        column: that it was written to.
        written: the value.
        read: what is there now.
    """
    if isinstance(written, float) and isinstance(read, float):
        return math.isclose(written, read, rel_tol=1e-6)
    if isinstance(written, Decimal) and isinstance(read, Decimal) and column.scale is not None:
        return round(written, column.scale) == read
    if isinstance(written, str) and isinstance(read, str) and column.database_type.upper().startswith("CHAR("):
        return written.rstrip() == read.rstrip()
    if isinstance(written, bytes | bytearray | memoryview) and isinstance(read, bytes | bytearray | memoryview):
        return bytes(written) == bytes(read)
    if isinstance(written, dt.datetime) and isinstance(read, dt.datetime):
        return (written.tzinfo is None) == (read.tzinfo is None) and written == read
    if isinstance(written, str) != isinstance(read, str) and not column.choices and column.python_type is object:
        # Addresses come back as objects from one driver and as texts from another.
        return str(written) == str(read)
    return bool(written == read)


def has_zone(value: Any) -> bool | None:
    """Tell whether a time has a zone; None of what is no time."""
    return value.tzinfo is not None if isinstance(value, dt.datetime) else None


def plain(model: Model, values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values without what differs from run to run: made keys, references, defaults.

    Args:
        model: whose they are.
        values: what a record holds.
        given: what the record was told to hold.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        column = model.columns[name]
        if value is not None and (column.references or (column.is_generated and column.is_writable)):
            found[name] = "<key>"
        elif value is not None and name not in given and column.has_default:
            found[name] = f"<{type(value).__name__}>"
        elif isinstance(value, dt.datetime) and value.tzinfo is not None:
            found[name] = value.astimezone(dt.UTC)
        else:
            found[name] = bytes(value) if isinstance(value, memoryview | bytearray) else value
    return found

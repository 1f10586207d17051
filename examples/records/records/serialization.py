"""Values of columns as JSON, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from records.columns import Column

_READERS: dict[type[Any], Callable[[Any], Any]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    time: time.fromisoformat,
    Decimal: Decimal,
    UUID: UUID,
    bytes: b64decode,
}


def to_json_value(value: Any) -> Any:
    """Return what stands for a value in JSON: times in ISO 8601, decimals and UUIDs as text, bytes in Base64."""
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value


def from_json_value(column: Column, value: Any) -> Any:
    """Return the value of a column that ``to_json_value`` turned into this.

    Raises:
        ValueError: it is not of the column's type.
    """
    if value is None or column.json:
        return value
    reader = _READERS.get(column.python_type)
    return value if reader is None else reader(value)

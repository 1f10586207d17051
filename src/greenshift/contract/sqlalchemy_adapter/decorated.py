"""What a decorated type takes, found by what comes back of it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Dialect, TypeDecorator

_SAMPLES: Final[dict[type[Any], Any]] = {str: "text", dict: {"text": "a"}, list: ["a"]}


def taken_type(kind: TypeDecorator[Any], native: type[Any], dialect: Dialect) -> type[Any]:
    """Return the first Python type of which a value comes back as it was: what the implementation takes, or another.

    A decorator need not say what it takes, and many store lists or documents as text.

    Args:
        kind: the type.
        native: what its implementation takes.
        dialect: of the database.
    """
    if native not in _SAMPLES:
        return native
    order = [native, *(one for one in _SAMPLES if one is not native)]
    return next((one for one in order if _comes_back(kind, _SAMPLES[one], native, dialect)), native)


def keeps_null(kind: TypeDecorator[Any], dialect: Dialect) -> bool:
    """Tell whether a null is read back as one."""
    try:
        return _read(kind, None, dialect) is None
    except Exception:  # of a type that expects no null
        return True


def _comes_back(kind: TypeDecorator[Any], value: Any, native: type[Any], dialect: Dialect) -> bool:
    try:
        write = kind.bind_processor(dialect)
        stored = write(value) if write is not None else value
        # What is stored as text must have become one.
        return (native is not str or isinstance(stored, str)) and bool(_read(kind, stored, dialect) == value)
    except Exception:  # of the type, which takes something else
        return False


def _read(kind: TypeDecorator[Any], stored: Any, dialect: Dialect) -> Any:
    read = kind.result_processor(dialect, None)
    return read(stored) if read is not None else stored

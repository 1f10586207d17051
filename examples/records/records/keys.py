"""Primary keys as callers give them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.errors import DefinitionError
from records.record import Key, Record


def as_key(model: type[Record], key: Any) -> Key:
    """Return a primary key as a tuple: of one column it may be given as its value.

    Raises:
        TypeError: it has not as many values as the primary key has columns.
    """
    values = key if isinstance(key, tuple) else (key,)
    if len(values) != len(model.PRIMARY_KEY_DB_NAMES):
        raise TypeError(f"the primary key of {model.__name__} is {', '.join(model.PRIMARY_KEY_DB_NAMES)}")
    return values


def key_of(model: type[Record], values: Mapping[str, Any]) -> Key:
    """Return the primary key that is given by column.

    Raises:
        TypeError: these are not its columns.
    """
    if values.keys() != set(model.PRIMARY_KEY_DB_NAMES):
        raise TypeError(f"the primary key of {model.__name__} is {', '.join(model.PRIMARY_KEY_DB_NAMES)}")
    return tuple(values[name] for name in model.PRIMARY_KEY_DB_NAMES)


def check_join_table(model: type[Record]) -> None:
    """Refuse a join table without a composite key.

    Raises:
        DefinitionError: its key has fewer than two columns.
    """
    if model.TABLE_NAME and len(model.PRIMARY_KEY_DB_NAMES) < 2:
        raise DefinitionError(f"{model.__name__}: PRIMARY_KEY_DB_NAMES of a join table has two columns or more")

"""Values of a JSON answer by a dotted path: ``id``, ``items.0.id``, ``items.*.id``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class NothingThere(LookupError):  # noqa: N818 - an answer of the lookup, not an error of the program
    """The data holds nothing at that path."""


def value_at(data: Any, path: str) -> Any:
    """Return the value at a dotted path.

    Args:
        data: decoded JSON.
        path: keys and places, with dots between; ``*`` is every item, ``$`` alone the whole answer.

    Returns:
        The value; for a path with ``*`` a list of what each item has there, those without it left out.

    Raises:
        NothingThere: there is nothing; for a path with ``*``, no list where it stands.
    """
    if path == "$":
        return data
    return _at(data, path.split("."), path)


def is_many(path: str) -> bool:
    """Whether a path stands for several values."""
    return "*" in path.split(".")


def _at(data: Any, keys: list[str], path: str) -> Any:
    for place, key in enumerate(keys):
        if key == "*":
            if not isinstance(data, list):
                raise NothingThere(path)
            return _of_each(data, keys[place + 1 :], path)
        if isinstance(data, Mapping) and key in data:
            data = data[key]
        elif isinstance(data, list) and key.lstrip("-").isdigit() and -len(data) <= int(key) < len(data):
            data = data[int(key)]
        else:
            raise NothingThere(path)
    return data


def _of_each(items: list[Any], keys: list[str], path: str) -> list[Any]:
    values: list[Any] = []
    for item in items:
        try:
            value = _at(item, keys, path)
        except NothingThere:
            continue
        if "*" in keys:
            values.extend(value)
        else:
            values.append(value)
    return values

"""Every text of a page taken through a function: for what must hold of all, such as that no password is shown."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

_T = TypeVar("_T")


def with_texts(value: _T, change: Callable[[str], str]) -> _T:
    """Return a page, or a part of one, with every text in it changed.

    Args:
        value: a data class, a mapping, a sequence or a text; what is neither stays as it is.
        change: takes a text and returns what comes in its place.
    """
    changed: Any = value
    if isinstance(value, str):
        changed = value if isinstance(value, enum.Enum) else change(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.init}
        changed = dataclasses.replace(value, **{name: with_texts(one, change) for name, one in given.items()})
    elif isinstance(value, Mapping):
        changed = {with_texts(key, change): with_texts(one, change) for key, one in value.items()}
    elif isinstance(value, list | tuple | set | frozenset):
        items = (with_texts(one, change) for one in value)
        # A named tuple takes its items one by one.
        changed = type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return changed  # type: ignore[no-any-return]

"""A snapshot as an application sends it, read back into its records."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from greenshift.observe.snapshot import Snapshot


def snapshot_from(document: object) -> Snapshot:
    """Return a snapshot that was made by ``Snapshot.as_dict``; what a newer version adds is left out.

    Args:
        document: what JSON held.

    Raises:
        ValueError: it is no such document; says where.
    """
    snapshot: Snapshot = _record(Snapshot, document, "snapshot")
    return snapshot


def _record(kind: Any, value: object, place: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is no object")
    hints, given = _hints(kind), {}
    for field in fields(kind):
        if field.name in value:
            given[field.name] = _value(hints[field.name], value[field.name], f"{place}.{field.name}")
        elif field.default is MISSING:
            raise ValueError(f"{place}.{field.name} is missing")
    return kind(**given)


def _value(kind: Any, value: object, place: str) -> Any:
    if is_dataclass(kind):
        return _record(kind, value, place)
    if get_origin(kind) in (Union, types.UnionType):
        choices = get_args(kind)
        if value is None and type(None) in choices:
            return None
        return _value(next(choice for choice in choices if choice is not type(None)), value, place)
    if get_origin(kind) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{place} is no list")
        return tuple(_value(get_args(kind)[0], one, place) for one in value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{place} is no {kind.__name__}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)

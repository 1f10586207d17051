"""Dicts of which not all is known: options taken together, one laid over another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from greenshift.check.facts.value import Option, Value
from greenshift.check.static.merging import union, unknown, with_variable
from greenshift.check.static.objects import DictObject


def merged(dicts: Iterable[Any], why: str = "it is given only in one branch") -> DictObject:
    """Return several dicts that are options of one value as one dict: an entry that not all have has an unknown part.

    Args:
        dicts: the options' values; one that is no dict makes the result open.
        why: what the unknown part says.
    """
    found: dict[str, list[Value]] = {}
    known = [item for item in dicts if isinstance(item, DictObject)]
    reasons = [item.open for item in known if item.open]
    for item in known:
        for name, value in item.entries.items():
            found.setdefault(name, []).append(value)
    entries = {
        name: union(values if len(values) == len(known) else [*values, unknown(why)]) for name, values in found.items()
    }
    return DictObject(entries, reasons[0] if reasons else "")


def as_dict(value: Value) -> DictObject:
    """Return what a value says of a dict's entries, all options taken together.

    Args:
        value: what is splatted into a call, or merged into a dict.
    """
    given = [item for item in (_replaceable(option) for option in value.options) if item is not None]
    dicts = [item for item in given if isinstance(item, DictObject)]
    result = merged(dicts)
    if value.unknown or len(dicts) < len(given) or not given:
        entries = {
            name: union([entry, unknown("it is given only in one branch")]) for name, entry in result.entries.items()
        }
        return DictObject(entries, value.unknown or result.open or "it is no dict that is known")
    return result


def _replaceable(option: Option) -> Any:
    if option.value is None:
        return DictObject({})  # ``**(options or {})``: None is no dict, and adds nothing.
    if isinstance(option.value, DictObject) and option.variable:
        entries = {name: with_variable(entry, option.variable) for name, entry in option.value.entries.items()}
        return DictObject(entries, option.value.open)
    return option.value


def overlaid(below: DictObject, above: DictObject) -> DictObject:
    """Return a dict updated with another one.

    Args:
        below: the dict.
        above: what is put over it.
    """
    entries: dict[str, Value] = {}
    for name, value in below.entries.items():
        over = above.entries.get(name)
        if over is None:
            entries[name] = union([value, unknown(above.open)]) if above.open else value
        elif over.unknown:
            entries[name] = union([value, over])
    for name, value in above.entries.items():
        entries.setdefault(name, value)
    return DictObject(entries, below.open or above.open)

"""What a record holds, and what of it must be read from the database first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.orm import InstanceState

from greenshift.contract.description import Model, Relationship
from greenshift.contract.errors import RowError


def not_loaded(model: Model, record: Any) -> list[str]:
    """Return the columns that a record would have to ask the database for."""
    state: InstanceState[Any] = inspect_mapped(record)
    return sorted(name for name in set(model.columns) & state.unloaded if name in state.mapper.column_attrs)


def values(model: Model, record: Any) -> dict[str, Any]:
    """Return what a record's columns hold."""
    return {name: getattr(record, name) for name in model.columns}


def computed_not_loaded(model: Model, record: Any) -> list[str]:
    """Return the column properties that a record would have to ask the database for."""
    state: InstanceState[Any] = inspect_mapped(record)
    return sorted(name for name in set(model.computed) & state.unloaded if name in state.mapper.column_attrs)


def computed(model: Model, record: Any) -> dict[str, Any]:
    """Return what a record's computed attributes say."""
    return {name: getattr(record, name) for name in model.computed}


def as_list(found: Any, *, is_collection: bool) -> list[Any]:
    """Return what a relationship holds as a list: of a scalar, a list, a set, a mapping.

    Args:
        found: what it holds.
        is_collection: whether it leads to several records; a record may be iterable itself.
    """
    if not is_collection:
        return [] if found is None else [found]
    return list(found.values() if isinstance(found, dict) else found)


def as_collection(record: Any, relationship: str, others: Iterable[Any]) -> Any:
    """Return records in the kind of collection that a relationship has."""
    state: InstanceState[Any] = inspect_mapped(record)
    made = state.mapper.relationships[relationship].collection_class
    others = list(others)
    if made is None or made is list:
        return others
    if made is set:
        return set(others)
    collection = made()
    # Keyed collections know their key from the record.
    names = ("set",) if isinstance(collection, dict) else ("append", "add")
    adder = next(getattr(collection, name) for name in names if hasattr(collection, name))
    for other in others:
        adder(other)
    return collection


def put_into(record: Any, one: Relationship, others: Sequence[Any]) -> None:
    """Make a relationship lead to these records; one that is never loaded whole gets them added.

    Raises:
        RowError: a validator of the models refuses them.
    """
    try:
        _put(record, one, others)
    except (ValueError, AssertionError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise RowError(
            f"the models refuse what was made for {type(record).__name__}.{one.name}: {reason}",
            "leave this test out, with the reason, and write one by hand",
        ) from error


def _put(record: Any, one: Relationship, others: Sequence[Any]) -> None:
    if not one.is_collection:
        setattr(record, one.name, next(iter(others), None))
    elif "eager" in one.loads:
        setattr(record, one.name, as_collection(record, one.name, others))
    else:
        collection = getattr(record, one.name)
        for other in others:
            (getattr(collection, "add", None) or collection.append)(other)

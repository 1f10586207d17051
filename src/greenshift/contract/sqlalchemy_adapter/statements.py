"""The statements that both flavours send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.orm import Mapper, joinedload, selectinload
from sqlalchemy.orm.interfaces import LoaderOption

from greenshift.contract.adapter import Key
from greenshift.contract.description import Model


def every(model: Model) -> Select[Any]:
    """Select every record, by primary key."""
    mapper: Mapper[Any] = inspect_mapped(model.model)
    return select(model.model).order_by(*mapper.primary_key)


def by_column(model: Model, column: str, value: Any) -> Select[Any]:
    """Select the records of which a column has a value."""
    return every(model).where(getattr(model.model, column) == value)


def by_keys(model: Model, keys: Sequence[Key]) -> Select[Any]:
    """Select the records with these primary keys."""
    parts = [getattr(model.model, name) for name in model.keys]
    if len(parts) == 1:
        return every(model).where(parts[0].in_([key[0] for key in keys]))
    return every(model).where(tuple_(*parts).in_(keys))


def with_chain(model: Model, key: Key, chain: Sequence[str], *, joined: bool = False) -> Select[Any]:
    """Select a record with a chain of relationships loaded, anew even if the session holds them."""
    found = every(model).where(
        *(getattr(model.model, name) == part for name, part in zip(model.keys, key, strict=True))
    )
    option = _option(model.model, chain, joined=joined)
    return found.options(option).execution_options(populate_existing=True)


def only(record: Any) -> Any:
    """Return a record that is there.

    Raises:
        LookupError: the statement did not find it, since a join that it has drops it.
    """
    if record is None:
        raise LookupError("the record is not found when the relationship is loaded with it")
    return record


def _option(start: type[Any], chain: Sequence[str], *, joined: bool) -> LoaderOption:
    option: Any = None
    mapper: Mapper[Any] = inspect_mapped(start)
    for name in chain:
        attribute = getattr(mapper.class_, name)
        if option is None:
            option = joinedload(attribute) if joined else selectinload(attribute)
        else:
            option = option.joinedload(attribute) if joined else option.selectinload(attribute)
        mapper = mapper.relationships[name].mapper
    assert option is not None
    return option  # type: ignore[no-any-return]

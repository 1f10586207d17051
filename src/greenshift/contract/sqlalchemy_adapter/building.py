"""Make an instance of a mapped class, whatever its ``__init__`` takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sized
from typing import Any

from sqlalchemy import Column
from sqlalchemy import inspect as inspect_mapped
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstanceState, Mapper
from sqlalchemy.orm.interfaces import MANYTOONE

from greenshift.contract.behaviours.failure import ContractFailure
from greenshift.contract.errors import RowError


def build(model: type[Any], values: Mapping[str, Any], related: Mapping[str, Any]) -> Any:
    """Make an instance.

    Args:
        model: the class.
        values: of its columns.
        related: records that many-to-one relationships lead to, for an ``__init__`` that asks for them.

    Raises:
        RowError: the model refuses the values, or its ``__init__`` wants what no column holds.
    """
    taken, missing = _parameters(model, {**related, **values})
    if missing:
        raise RowError(
            f"{model.__name__}.__init__ wants {', '.join(missing)}, which no column holds",
            "give it a default, or leave the model out",
        )
    try:
        record = model(**taken)
        for name, value in values.items():
            if name not in taken:
                setattr(record, name, value)
    except SQLAlchemyError:
        raise
    except Exception as error:  # of the models, of any kind: a validator, a configuration that is not there
        reason = next(iter(str(error).splitlines()), "")
        if not isinstance(error, (ValueError, TypeError, AttributeError, AssertionError)) or not reason:
            reason = f"{type(error).__name__} {reason}".strip()
        raise RowError(
            f"{model.__name__} refuses the values made for it: {reason}",
            f"say what it takes: build = {{{model.__name__}.<column>: <value or callable>}}",
        ) from error
    _see_that_nothing_is_lost(record, related)
    return record


def _see_that_nothing_is_lost(record: Any, given: Mapping[str, Any]) -> None:
    """See that a model itself does not write to relationships that are read only; a flush would forget that.

    https://docs.sqlalchemy.org/en/20/orm/relationship_api.html#sqlalchemy.orm.relationship.params.viewonly

    Raises:
        ContractFailure: it does.
    """
    state: InstanceState[Any] = inspect_mapped(record)
    for one in state.mapper.relationships:
        # Nothing is loaded yet.
        if one.viewonly and one.key not in given and _holds_something(state.dict.get(one.key)):
            name = f"{type(record).__name__}.{one.key}"
            raise ContractFailure(
                f"{name} is viewonly, and the model writes to it: what is put there is never stored",
                f"take viewonly=True out of {name}, or write through another relationship",
            )


def _holds_something(value: Any) -> bool:
    return len(value) > 0 if isinstance(value, Sized) else value is not None


def wanted_relationships(model: type[Any], values: Mapping[str, Any]) -> dict[str, tuple[type[Any], tuple[Any, ...]]]:
    """Return the records that an ``__init__`` with parameters of its own wants: by relationship, the class and the key.

    A mapped dataclass, and many an ``__init__`` of a model's own, passes None for a relationship that is left out,
    which would clear the foreign key beside it.
    """
    parameters, _ = _named_parameters(model)
    mapper: Mapper[Any] = inspect_mapped(model)
    found = {}
    for one in mapper.relationships:
        if one.direction is not MANYTOONE or one.key not in parameters:
            continue
        by_remote = {there: here for here, there in one.local_remote_pairs or ()}
        key = tuple(_value(mapper, by_remote.get(column), values) for column in one.mapper.primary_key)
        if key and all(part is not None for part in key):
            found[one.key] = (one.mapper.class_, key)
    return found


def _value(mapper: Mapper[Any], column: Any, values: Mapping[str, Any]) -> Any:
    if not isinstance(column, Column) or not any(one is column for one in mapper.columns):
        return None
    return values.get(mapper.get_property_by_column(column).key)


def _named_parameters(model: type[Any]) -> tuple[dict[str, inspect.Parameter], bool]:
    """Return the parameters of ``__init__``, and whether it takes any other keyword, as SQLAlchemy's own does."""
    try:
        found = dict(inspect.signature(model).parameters)
    except (TypeError, ValueError):
        return {}, True
    named = {name: one for name, one in found.items() if one.kind is not one.VAR_KEYWORD}
    return named, len(named) < len(found)


def _parameters(model: type[Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    parameters, takes_any = _named_parameters(model)
    if takes_any:
        mapper: Mapper[Any] = inspect_mapped(model)
        return {name: one for name, one in values.items() if name in parameters or name not in mapper.relationships}, []
    taken = {name: values[name] for name in parameters if name in values}
    missing = []
    mapper = inspect_mapped(model)
    for name, one in parameters.items():
        if name in taken or one.default is not one.empty or one.kind is one.VAR_POSITIONAL:
            continue
        if name in mapper.columns:
            taken[name] = None
        elif name in mapper.relationships:
            taken[name] = [] if mapper.relationships[name].uselist else None
        else:
            missing.append(name)
    return taken, missing

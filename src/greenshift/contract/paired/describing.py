"""Descriptions of models: what can be read from annotations, and what follows from the rest."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from greenshift.contract.description import Column, ForeignKey, Model, Relationship
from greenshift.contract.errors import ContractError

_WITH_ZONES: Final = (dt.datetime, dt.time)


def column_of(name: str, annotation: Any, **facts: Any) -> Column:
    """Describe a column by the annotation of its attribute.

    Args:
        name: the attribute's name.
        annotation: one type, or with ``| None``; ``list[...]`` is an array, ``dict`` is JSON, an ``Enum`` its values.
        facts: what an annotation does not say: other attributes of ``Column``.

    Raises:
        ContractError: it is not one type.
    """
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    types = [one for one in choices if one is not NoneType]
    kind, dimensions = types[0], 0
    while get_origin(kind) is list and not facts.get("json"):
        kind, dimensions = get_args(kind)[0], dimensions + 1
    item = get_origin(kind) or kind
    if len(types) != 1 or not isinstance(item, type):
        raise ContractError(f"the annotation of {name} is no type: {annotation!r}", "write Column(...) for it")
    read: dict[str, Any] = {"python_type": item, "is_nullable": len(types) < len(choices), "json": item is dict}
    if dimensions:
        read |= {"python_type": list, "item_type": item, "dimensions": dimensions, "json": False}
    return Column(name, **(read | facts))


def completed(model: Model, *, on_delete: str = "") -> Model:
    """Fill in what follows from the rest of a description; what it says already stays.

    - Columns: ``is_key`` from ``keys``; ``has_default`` of what the server makes; the ``choices`` of an ``Enum``;
      times have time zones; ``references`` from relationships that are made of this model's own columns.
    - Foreign keys from relationships and references; ``is_association`` where the whole key refers to others.
    - ``deletes_orphans`` of relationships to several records, where their keys go with the row.

    Args:
        model: with columns, keys and relationships (``local``).
        on_delete: what its foreign keys, and those that lead to it, do with a row when that row is deleted, as
            ``CASCADE``; empty if they refuse.
    """
    keys = model.foreign_keys or tuple(_foreign_keys(model, on_delete))
    references = {
        name: (key.target, there) for key in keys for name, there in zip(key.columns, key.target_columns, strict=True)
    }
    return replace(
        model,
        columns={name: _column(model, column, references) for name, column in model.columns.items()},
        relationships={name: _relationship(one, on_delete) for name, one in model.relationships.items()},
        foreign_keys=keys,
        is_association=model.is_association or (len(model.keys) > 1 and set(model.keys) <= references.keys()),
    )


def mirrored(models: Sequence[Model]) -> list[Model]:
    """Fill in which relationships mirror each other (``back``): those that are made of the same columns, both ways.

    Args:
        models: all of them.
    """
    known = {model.name: model for model in models}
    return [
        replace(
            model,
            relationships={
                name: replace(one, back=one.back or _mirror(model, one, known))
                for name, one in model.relationships.items()
            },
        )
        for model in models
    ]


def _mirror(model: Model, one: Relationship, known: Mapping[str, Model]) -> str | None:
    ways = {(there, here) for here, there in one.local}
    others = known[one.target].relationships if one.target in known else {}
    found = [
        name
        for name, other in others.items()
        if ways and other is not one and other.target == model.name and set(other.local) == ways
    ]
    return found[0] if len(found) == 1 else None


def _foreign_keys(model: Model, on_delete: str) -> list[ForeignKey]:
    found: dict[tuple[str, ...], ForeignKey] = {}
    for one in model.relationships.values():
        ours = tuple(here for here, _ in one.local)
        # One that begins at the whole key is the other side's: one to one, or one to many.
        if ours and not one.is_collection and set(ours) != set(model.keys):
            found[ours] = ForeignKey(ours, one.target, tuple(there for _, there in one.local), on_delete=on_delete)
    covered = {name for columns in found for name in columns}
    for column in model.columns.values():
        if column.references is not None and column.name not in covered:
            target, there = column.references
            found[column.name,] = ForeignKey(
                (column.name,), target, (there,), is_deferred=column.is_deferred_check, on_delete=on_delete
            )
    return list(found.values())


def _column(model: Model, column: Column, references: Mapping[str, tuple[str, str]]) -> Column:
    members = tuple(column.python_type) if issubclass(column.python_type, enum.Enum) else ()
    has_zone = True if column.has_time_zone is None and column.python_type in _WITH_ZONES else column.has_time_zone
    return replace(
        column,
        is_key=column.is_key or column.name in model.keys,
        has_default=column.has_default or column.is_generated or column.is_server_default,
        has_time_zone=has_zone,
        choices=column.choices or members,
        references=column.references or references.get(column.name),
    )


def _relationship(one: Relationship, on_delete: str) -> Relationship:
    goes = one.is_collection and one.through is None and on_delete == "CASCADE"
    return replace(one, deletes_orphans=one.deletes_orphans or goes)

"""Columns, declared by a model's annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from records.errors import DefinitionError


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a model; its attribute has the same name.

    Attributes:
        name: the column's name.
        python_type: the type of its values.
        is_nullable: whether the annotation has ``| None``.
        is_generated: whether the server makes its value from a sequence.
        is_server_default: whether the server has another default for it.
        is_unique: whether no two rows share a value.
        json: whether it is stored as JSONB.
    """

    name: str
    python_type: type[Any]
    is_nullable: bool
    is_generated: bool = False
    is_server_default: bool = False
    is_unique: bool = False
    json: bool = False


class ColumnOptions(dict[str, bool]):
    """What an annotation alone cannot say of a column, by attribute of ``Column``."""


def column(
    *, generated: bool = False, server_default: bool = False, unique: bool = False, jsonb: bool = False
) -> Any:  # so that it can stand at the right of any annotation
    """Say more of a column than its annotation does.

    Args:
        generated: the server makes its value from a sequence, unless one is given.
        server_default: the server has a default for it.
        unique: no two rows share a value.
        jsonb: values are stored as JSONB.
    """
    return ColumnOptions(is_generated=generated, is_server_default=server_default, is_unique=unique, json=jsonb)


def collect_columns(model: type[Any]) -> Mapping[str, Column]:
    """Return the columns that a class and its bases annotate, by name, the bases' first.

    Raises:
        DefinitionError: an annotation is not a type, or not one with ``| None``; a name has another meaning.
    """
    columns = {}
    for name, annotation in get_type_hints(model).items():
        if name.startswith("_") or annotation is ClassVar or get_origin(annotation) is ClassVar:
            continue
        given = getattr(model, name, None)
        if given is not None and not isinstance(given, ColumnOptions):
            raise DefinitionError(
                f"{model.__name__}.{name}: a column cannot replace {given!r}; options go into column()"
            )
        python_type, is_nullable = _type_of(model, name, annotation)
        columns[name] = Column(name, python_type, is_nullable, **(given or ColumnOptions()))
    return columns


def _type_of(model: type[Any], name: str, annotation: Any) -> tuple[type[Any], bool]:
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    types = [choice for choice in choices if choice is not NoneType]
    python_type = get_origin(types[0]) or types[0]
    if len(types) != 1 or not isinstance(python_type, type):
        raise DefinitionError(f"{model.__name__}.{name}: annotate a column with one type, or with one type | None")
    return python_type, len(types) < len(choices)

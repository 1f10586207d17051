"""What a mapped column holds."""

from __future__ import annotations

import enum
import typing
from typing import Any, Final

from sqlalchemy import JSON, Column, Dialect, Enum, FetchedValue, Numeric, Table, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    HSTORE,
    INT4RANGE,
    INT8RANGE,
    NUMRANGE,
    TSRANGE,
    TSTZRANGE,
    TSVECTOR,
    Range,
)
from sqlalchemy.orm import ColumnProperty, Mapper
from sqlalchemy.types import ARRAY, DateTime, LargeBinary, String, Time, TypeEngine

from greenshift.contract import description
from greenshift.contract.sqlalchemy_adapter import constraints
from greenshift.contract.sqlalchemy_adapter.decorated import keeps_null, taken_type
from greenshift.contract.sqlalchemy_adapter.default_values import default_difference

_DIALECT: Final[Dialect] = postgresql.dialect()  # type: ignore[no-untyped-call]

_RANGES: Final = (INT4RANGE, INT8RANGE, NUMRANGE, DATERANGE, TSRANGE, TSTZRANGE)
_COLLECTIONS: Final = (list, dict, set, tuple)


def describe_column(mapper: Mapper[Any], attribute: ColumnProperty[Any]) -> description.Column:
    """Describe a mapped column; foreign keys and uniques of several columns belong to the model.

    Args:
        mapper: the model's.
        attribute: of which the first expression is a column of a table.
    """
    columns = [column for column in attribute.columns if isinstance(column, Column)]
    column = columns[0]
    declared = _on_postgresql(column.type)
    kind = _implementation(declared)
    computed = column.computed is not None
    identity = column.identity is not None
    sequence = bool(column.default is not None and column.default.is_sequence)
    generated = computed or identity or sequence or any(_counts_up(one) for one in columns)
    managed = any(one is mapper.version_id_col or one is mapper.polymorphic_on for one in columns)
    python_type = _python_type(mapper, attribute.key, declared)
    return description.Column(
        name=attribute.key,
        python_type=python_type,
        item_type=_item_type(kind) or (str if python_type is list else None),
        dimensions=(kind.dimensions or 1) if isinstance(kind, ARRAY) else 1,
        is_nullable=all(bool(one.nullable) for one in columns),
        is_key=any(one.primary_key for one in columns),
        is_generated=generated,
        has_default=managed or any(one.default is not None or one.server_default is not None for one in columns),
        is_server_default=not (computed or identity) and isinstance(column.server_default, FetchedValue),
        default_difference=next((said for one in columns if (said := default_difference(one, _DIALECT))), ""),
        is_unique=any(bool(one.unique) for one in columns),
        is_indexed=any(constraints.is_indexed(one) for one in columns),
        keeps_null=not isinstance(declared, TypeDecorator) or keeps_null(declared, _DIALECT),
        is_writable=not computed and not (identity and column.identity.always),  # type: ignore[union-attr]
        length=_length(kind),
        precision=kind.precision if isinstance(kind, Numeric) else None,
        scale=kind.scale if isinstance(kind, Numeric) else None,
        has_time_zone=bool(kind.timezone) if isinstance(kind, DateTime | Time) else None,
        choices=_choices(kind),
        json=isinstance(kind, JSON),
        database_type=declared.compile(dialect=_DIALECT),
        column_name=column.name,
    )


def _on_postgresql(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the variant that PostgreSQL has of a type; the type itself if it has none of another kind.

    https://docs.sqlalchemy.org/en/20/core/type_api.html#sqlalchemy.types.TypeEngine.with_variant
    """
    variant = kind.dialect_impl(_DIALECT)
    return kind if isinstance(variant, type(kind)) else variant


def _implementation(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    while isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    return kind


def _counts_up(column: Column[Any]) -> bool:
    return isinstance(column.table, Table) and column.table.autoincrement_column is column


def _length(kind: TypeEngine[Any]) -> int | None:
    return kind.length if isinstance(kind, String | LargeBinary) and not isinstance(kind, Enum) else None


def _choices(kind: TypeEngine[Any]) -> tuple[Any, ...]:
    if not isinstance(kind, Enum):
        return ()
    return tuple(kind.enum_class) if kind.enum_class is not None else tuple(kind.enums)


def _item_type(kind: TypeEngine[Any]) -> type[Any] | None:
    return _native(kind.item_type) if isinstance(kind, ARRAY) else None


def _python_type(mapper: Mapper[Any], name: str, kind: TypeEngine[Any]) -> type[Any]:
    if isinstance(_implementation(kind), TSVECTOR):
        # Written as text, read back as its words.
        return object
    annotated = _annotated_type(mapper.class_, name)
    if isinstance(kind, TypeDecorator) and annotated is not None and not _is_checked_text(annotated):
        # The decorator takes what the model says, and makes of it what its implementation stores.
        return annotated
    if annotated is not None and issubclass(annotated, enum.Enum):
        return annotated
    native = _native(kind)
    return taken_type(kind, native, _DIALECT) if isinstance(kind, TypeDecorator) else native


def _is_checked_text(annotated: type[Any]) -> bool:
    """Return whether an annotation is Pydantic's way to check a string, such as ``EmailStr``: its values are strings.

    https://docs.pydantic.dev/latest/api/networks/#pydantic.networks.EmailStr
    """
    return annotated.__module__.startswith("pydantic") and annotated.__name__.endswith("Str")


def _native(kind: TypeEngine[Any]) -> type[Any]:
    if isinstance(_implementation(kind), JSON | HSTORE):
        return dict
    if isinstance(_implementation(kind), _RANGES):
        return Range
    # A decorator may not say what it takes; then it is what its implementation takes.
    for one in (kind, _implementation(kind)):
        try:
            found = one.python_type
        except NotImplementedError:
            continue
        if found is not object:
            return found
    return object


def _annotated_type(model: type[Any], name: str) -> type[Any] | None:
    try:
        hint = typing.get_type_hints(model).get(name)
    except Exception:  # names that exist for a type checker only
        return None
    while arguments := typing.get_args(hint):
        origin = typing.get_origin(hint)
        if origin in _COLLECTIONS:
            return origin  # type: ignore[no-any-return]
        # Mapped[...], Annotated[...], or a union with None.
        hint = next(one for one in arguments if one is not type(None))
    return hint if isinstance(hint, type) else None

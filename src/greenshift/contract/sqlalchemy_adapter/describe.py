"""Describe mapped classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import ColumnProperty, Mapper

from greenshift.contract import description
from greenshift.contract.description import Model
from greenshift.contract.sqlalchemy_adapter import constraints
from greenshift.contract.sqlalchemy_adapter.columns import describe_column
from greenshift.contract.sqlalchemy_adapter.json_form import has_json
from greenshift.contract.sqlalchemy_adapter.names import Names, name_of, names_of
from greenshift.contract.sqlalchemy_adapter.relationships import describe_relationship


def describe(mappers: Iterable[Mapper[Any]]) -> Sequence[Model]:
    """Describe the models of these mappers, in the order of their classes' names.

    Args:
        mappers: configured ones (``registry.configure()``).
    """
    names = names_of(mappers)
    wanted = sorted(names, key=lambda mapper: (mapper.class_.__name__, names[mapper]))
    owners = _owners(wanted)
    return [_model(mapper, owners, names) for mapper in wanted]


def _owners(mappers: Sequence[Mapper[Any]]) -> dict[Table, Mapper[Any]]:
    """Return the model by which a row of a table is made: the topmost of a hierarchy that has rows of its own."""
    found: dict[Table, Mapper[Any]] = {}
    for mapper in sorted(mappers, key=lambda one: len(list(one.iterate_to_root()))):
        for table in constraints.tables_of(mapper):
            if table not in found and not _not_driven(mapper):
                found[table] = mapper
    return found


def _model(mapper: Mapper[Any], owners: dict[Table, Mapper[Any]], names: Names) -> Model:
    keys = constraints.foreign_keys(mapper, owners, names)
    references = {
        column: (key, target)
        for key in keys
        for column, target in zip(key.columns, key.target_columns or key.columns, strict=False)
    }
    columns: dict[str, description.Column] = {}
    computed = []
    for attribute in mapper.column_attrs:
        if not _is_stored(attribute):
            computed.append(attribute.key)
            continue
        column = describe_column(mapper, attribute)
        if attribute.key in references:
            key, target = references[attribute.key]
            # A key that is inherited or points elsewhere is not counted up.
            column = replace(
                column,
                references=(key.target, target),
                is_deferred_check=key.is_deferred,
                is_generated=column.is_generated and not column.is_key,
            )
        columns[attribute.key] = column
    hybrids = [
        name
        for name, one in mapper.all_orm_descriptors.items()
        if one.extension_type is HybridExtensionType.HYBRID_PROPERTY and not name.startswith("_")
    ]
    primary = [_attribute(mapper, column) for column in mapper.primary_key]
    table = mapper.local_table
    return Model(
        name=names[mapper],
        model=mapper.class_,
        table=str(table.fullname) if isinstance(table, Table) else str(table),
        columns=columns,
        relationships={one.key: describe_relationship(mapper, one, names) for one in mapper.relationships},
        keys=tuple(name for name in primary if name),
        uniques=constraints.uniques(mapper),
        partial_uniques=constraints.uniques(mapper, partial=True),
        checks=constraints.checks(mapper),
        foreign_keys=keys,
        has_json=has_json(mapper.class_),
        is_association=len(primary) > 1 and all(name in references for name in primary),
        version=_attribute(mapper, mapper.version_id_col),
        discriminator=_discriminator(mapper),
        parents=tuple(name_of(one, names) for one in list(mapper.iterate_to_root())[1:]),
        computed=(*computed, *hybrids),
        not_driven=_not_driven(mapper),
    )


def _is_stored(attribute: ColumnProperty[Any]) -> bool:
    return isinstance(attribute.columns[0], Column) and isinstance(attribute.columns[0].table, Table)


def _attribute(mapper: Mapper[Any], column: Any) -> str | None:
    return constraints.attribute_of(mapper, column) if isinstance(column, Column) else None


def _discriminator(mapper: Mapper[Any]) -> tuple[str, Any] | None:
    name = _attribute(mapper, mapper.polymorphic_on)
    return (name, mapper.polymorphic_identity) if name is not None else None


def _not_driven(mapper: Mapper[Any]) -> str:
    if mapper.polymorphic_on is not None and mapper.polymorphic_identity is None:
        return "it stands for its subclasses and has no rows of its own"
    if not constraints.tables_of(mapper):
        return "it is mapped to a query, not to a table"
    return ""

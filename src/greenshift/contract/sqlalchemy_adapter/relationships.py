"""Where a model's relationships lead, and how they can be read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BinaryExpression, Table
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.interfaces import MANYTOONE
from sqlalchemy.sql import visitors

from greenshift.contract.description import Loading, Relationship
from greenshift.contract.sqlalchemy_adapter.constraints import attribute_of
from greenshift.contract.sqlalchemy_adapter.join_constants import join_constants, parts_of
from greenshift.contract.sqlalchemy_adapter.names import Names, name_of


def describe_relationship(mapper: Mapper[Any], one: RelationshipProperty[Any], names: Names) -> Relationship:
    """Describe a relationship.

    Args:
        mapper: of the model that has it.
        one: the relationship.
        names: the models' names.
    """
    target = one.mapper
    local = []
    if one.secondary is None:
        for here, there in one.local_remote_pairs or ():
            ours, theirs = attribute_of(mapper, here), attribute_of(target, there)  # type: ignore[arg-type]
            if ours is not None and theirs is not None:
                local.append((ours, theirs))
    many_to_one = one.direction is MANYTOONE
    deletes = one.cascade.delete or (not many_to_one and one.secondary is None and _database_deletes(one))
    name = mapper.class_.__name__
    return Relationship(
        name=one.key,
        target=name_of(target, names),
        is_collection=bool(one.uselist),
        local=tuple(local) if _is_plain(one) else (),
        conditional=() if _is_plain(one) else tuple(local),
        constants={} if _is_plain(one) else join_constants(one),
        through=str(one.secondary.key) if isinstance(one.secondary, Table) and _is_plain(one) else None,
        is_writable=not one.viewonly,
        loads=_loads(mapper, one),
        back=one.back_populates or (one.backref if isinstance(one.backref, str) else None),
        deletes_orphans=bool(deletes),
        owns=bool(one.single_parent or (many_to_one and one.cascade.delete_orphan)),
        needs=f"{'joinedload' if not one.uselist else 'selectinload'}({name}.{one.key})",
    )


def _is_plain(one: RelationshipProperty[Any]) -> bool:
    """Tell whether nothing but equal columns decides where it leads."""
    joins = [join for join in (one.primaryjoin, one.secondaryjoin) if join is not None]
    compared = sum(isinstance(part, BinaryExpression) for join in joins for part in visitors.iterate(join))
    all_compare = all(isinstance(part, BinaryExpression) for join in joins for part in parts_of(join))
    return all_compare and compared == len(one.local_remote_pairs or ())


def _loads(mapper: Mapper[Any], one: RelationshipProperty[Any]) -> tuple[Loading, ...]:
    if one.lazy in ("dynamic", "write_only"):
        return ("lazy",)
    ways: list[Loading] = ["eager", "joined"]
    if one.lazy in ("noload", "raise", "raise_on_sql", False):
        return tuple(ways)
    if hasattr(mapper.class_, "awaitable_attrs"):
        ways.insert(0, "awaitable")
    return ("lazy", *ways)


def _database_deletes(one: RelationshipProperty[Any]) -> bool:
    """Tell whether the rows go by the foreign key's cascade; without passive_deletes the session nulls keys first."""
    keys = [key for _, there in one.local_remote_pairs or () for key in there.foreign_keys]
    return bool(one.passive_deletes) and any((key.ondelete or "").upper() == "CASCADE" for key in keys)

"""Records that a relationship leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from greenshift.contract.adapter import Key, Session
from greenshift.contract.behaviours.failure import error_name
from greenshift.contract.behaviours.scene import Scene, StoredRow
from greenshift.contract.description import Loading, Model, Relationship
from greenshift.contract.errors import RowError
from greenshift.contract.rows import MadeRow


@dataclass(frozen=True)
class Linked:
    """A record and those that one of its relationships leads to.

    Attributes:
        row: the record.
        target: the model of the others.
        others: the others.
    """

    row: StoredRow
    target: Model
    others: Sequence[StoredRow]


def target_of(models: Mapping[str, Model], name: str) -> Model | None:
    """Return the model by which a relationship's target is made: itself, or a subclass if it has no rows."""
    found = models.get(name)
    if found is not None and not found.not_driven:
        return found
    return next((one for one in models.values() if name in one.parents and not one.not_driven), None)


def holds_key(model: Model, one: Relationship) -> bool:
    """Tell whether a model's own columns lead to the other record (many to one)."""
    return not one.is_collection and bool(one.local) and all(model.columns[ours].references for ours, _ in one.local)


def takes_one(target: Model, one: Relationship) -> bool:
    """Tell whether the others' table lets one record at most refer to the same one."""
    theirs = {theirs for _, theirs in one.local}
    alone = {(column.name,) for column in target.columns.values() if column.is_unique}
    sets = alone | {*target.uniques, *target.partial_uniques} | ({target.keys} if target.keys else set())
    return bool(theirs) and one.through is None and any(theirs >= set(names) for names in sets)


async def make_linked(
    scene: Scene,
    session: Session,
    one: Relationship,
    count: int,
    *,
    model: Model | None = None,
    at: Any = None,
    of_others: Mapping[str, Any] | None = None,
) -> Linked:
    """Make a record with others by the columns that the relationship is made of.

    Args:
        scene: makes the rows.
        session: in which.
        one: the relationship.
        count: how many others, where it leads to several.
        model: whose relationship; the scene's if None.
        at: a record of that model that is there already, with its row.
        of_others: values of the others' columns.

    Raises:
        RowError: the relationship is made of more than columns, or its target cannot be made.
    """
    model = model or scene.model
    target = target_of(scene.models, one.target)
    if target is None or not (one.local or one.through):
        raise RowError(
            f"no rows can be made for the relationship {model.name}.{one.name}: its condition is one of its own",
            "leave this test out, with the reason, and write one by hand",
        )
    width = count if one.is_collection and not takes_one(target, one) else 1
    if holds_key(model, one):
        if at is not None:
            # Its key is set already.
            records = await session.related(
                model, at.row.record, one.name, next(way for way in one.loads if way != "lazy")
            )
            return Linked(at, target, [await _as_stored(scene, session, target, record) for record in records])
        other = await scene.insert(session, of_others, target)
        given = {ours: other.stored[theirs] for ours, theirs in one.local}
        return Linked(await scene.insert(session, given, model), target, [other])
    row: StoredRow = at or await scene.insert(session, None, model)
    if one.through is None:
        given = {**(of_others or {}), **{theirs: row.stored[ours] for ours, theirs in one.local}}
        return Linked(row, target, [await scene.insert(session, given, target) for _ in range(width)])
    others = [await scene.insert(session, None, target) for _ in range(width)]
    association = next((found for found in scene.models.values() if found.table == one.through), None)
    if association is None:
        if not one.is_writable:
            raise RowError(
                f"no rows can be made for {model.name}.{one.name}: it is read only, and {one.through} has no model",
                "leave this test out, with the reason, and write one by hand",
            )
        await session.link(model, row.row.record, one.name, [other.row.record for other in others])
        return Linked(row, target, others)
    for other in others:
        given = {}
        for key in association.foreign_keys:
            side = row if key.target in (model.name, *model.parents) and not set(key.columns) & set(given) else other
            if key.target in (target.name, *target.parents) and key.target not in (model.name, *model.parents):
                side = other
            given |= {name: side.stored[there] for name, there in zip(key.columns, key.target_columns, strict=True)}
        await scene.insert(session, given, association)
    return Linked(row, target, others)


async def read_keys(scene: Scene, linked: Linked, one: Relationship, load: Loading) -> list[Key] | None:
    """Return the keys of the records that a relationship leads to, read in one way in a new session.

    Returns:
        None where async code cannot read it lazily, which is noted.
    """
    async with scene.session() as session:
        record = await session.get(scene.model, linked.row.key)
        try:
            found = await session.related(scene.model, record, one.name, load)
        except LookupError as error:
            raise scene.fail(
                f"{scene.model.name}.{one.name} ({load}) drops a {scene.model.name} that it leads nowhere from: the "
                "record itself is not found when this is loaded with it",
                f"take innerjoin=True away from {scene.model.name}.{one.name}",
            ) from error
        except Exception as error:
            if not (scene.is_async and load == "lazy"):
                raise
            name = f"{scene.model.name}.{one.name}"
            scene.notes.append(f"async code cannot read {name} lazily ({error_name(error)}): load it with {one.needs}")
            return None
        return [await scene.key(session, other, linked.target) for other in found]


async def _as_stored(scene: Scene, session: Session, model: Model, record: Any) -> StoredRow:
    stored = dict(await session.values(model, record))
    return StoredRow(tuple(stored[name] for name in model.keys), MadeRow(model, record, stored), stored)

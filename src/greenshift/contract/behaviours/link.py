"""Writing through relationships."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.linking import holds_key, takes_one, target_of
from greenshift.contract.behaviours.scene import Scene, StoredRow
from greenshift.contract.description import Model, Relationship
from greenshift.contract.rows import Rows


class Link(Behaviour):
    """What is put into a relationship is stored, and its mirror leads back."""

    name = "link"
    title = "write through a relationship, and read it from both sides"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the relationships that a program writes through; not those whose columns are keys."""
        return [
            one.name for one in model.relationships.values() if one.is_writable and self._can_change(model, one, rows)
        ]

    def _can_change(self, model: Model, one: Relationship, rows: Rows) -> bool:
        target = target_of(rows.models, one.target)
        if target is None or not (one.local or one.through):
            return False
        if one.through is not None:
            return all(found.table != one.through for found in rows.models.values())
        if holds_key(model, one):
            return not any(model.columns[ours].is_key for ours, _ in one.local)
        return not any(target.columns[theirs].is_key for _, theirs in one.local if theirs in target.columns)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Link records that were made apart, then take away what an association table holds."""
        one = scene.model.relationships[subject]
        target = target_of(scene.models, one.target)
        assert target is not None
        self._see_that_sides_match(scene, one)
        row = await scene.make()
        others = [
            await scene.make(None, target) for _ in range(2 if one.is_collection and not takes_one(target, one) else 1)
        ]
        async with scene.session() as session:
            await self._link(scene, session, one, row, target, others)
        await self._see(scene, one, row, target, {other.key for other in others})
        if one.through is not None and one.is_collection and "eager" in one.loads:
            async with scene.session() as session:
                await self._link(scene, session, one, row, target, [])
            await self._see(scene, one, row, target, set())
            for other in others:
                await scene.must_read(other.key, target)
        if one.through is None and one.is_collection and "eager" in one.loads and one.deletes_orphans:
            await self._take_out(scene, one, row, target)
        return len(others)

    async def _take_out(self, scene: Scene, one: Relationship, row: StoredRow, target: Model) -> None:
        """Note that what belongs to a record cannot be taken out of its collection."""
        try:
            async with scene.session() as session:
                await self._link(scene, session, one, row, target, [])
        except Exception as error:
            if scene.refusal(error) not in ("23502", "AssertionError"):
                raise
            name = f"{scene.model.name}.{one.name}"
            scene.notes.append(
                f'a {target.name} that is taken out of {name} is refused: cascade="all, delete-orphan" would delete it'
            )

    async def _link(
        self,
        scene: Scene,
        session: Session,
        one: Relationship,
        row: StoredRow,
        target: Model,
        others: Sequence[StoredRow],
    ) -> None:
        record = await session.get(scene.model, row.key)
        found = [await session.get(target, other.key) for other in others]
        await session.link(scene.model, record, one.name, found)

    async def _see(self, scene: Scene, one: Relationship, row: StoredRow, target: Model, expected: set[Any]) -> None:
        load = next((way for way in one.loads if way != "lazy"), "lazy")
        if load == "lazy" and scene.is_async:
            return
        async with scene.session() as session:
            record = await session.get(scene.model, row.key)
            found = await session.related(scene.model, record, one.name, load)
            keys = {await scene.key(session, other, target) for other in found}
        if keys != expected:
            raise scene.fail(
                f"{len(expected)} records were put into {scene.model.name}.{one.name}, and it leads to {len(keys)}"
            )
        back = target.relationships.get(one.back or "")
        back_load = next((way for way in back.loads if way != "lazy"), None) if back is not None else None
        if back is None or back_load is None:
            return
        for key in expected:
            async with scene.session() as session:
                other = await session.get(target, key)
                mirrored = await session.related(target, other, back.name, back_load)
                if row.key not in [await scene.key(session, found, scene.model) for found in mirrored]:
                    raise scene.fail(f"{target.name}.{back.name} does not lead back to where {one.name} comes from")

    def _see_that_sides_match(self, scene: Scene, one: Relationship) -> None:
        other = scene.models.get(one.target)
        back = other.relationships.get(one.back or "") if other is not None else None
        if back is None:
            return
        if {(theirs, ours) for ours, theirs in one.local} != set(back.local) or one.through != back.through:
            raise scene.fail(
                f"{scene.model.name}.{one.name} and {one.target}.{back.name} mirror each other (back_populates), and "
                "are made of different columns",
                "name in back_populates the relationship that is made of the same foreign key",
            )
        if back.back is not None and back.back != one.name:
            raise scene.fail(
                f"{scene.model.name}.{one.name} names {one.target}.{back.name} as its mirror, which names {back.back}",
                "let both name each other in back_populates",
            )

"""Foreign keys that change while what they led to is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.linking import holds_key, make_linked
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model, Relationship
from greenshift.contract.rows import Rows


class Repoint(Behaviour):
    """A relationship that was loaded leads to the new record, once its column has changed and it is read anew."""

    name = "repoint"
    title = "change a foreign key while its relationship is loaded"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the relationships made of one column that can change."""
        return [one.name for one in model.relationships.values() if self._can_change(model, one, rows)]

    def _can_change(self, model: Model, one: Relationship, rows: Rows) -> bool:
        if not holds_key(model, one) or len(one.local) != 1 or not {"lazy", "eager"} <= set(one.loads):
            return False
        column = model.columns[one.local[0][0]]
        return column.is_writable and not column.is_key and not rows.is_overridden(model, column)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Load it, change the column, and read it from the database and from the same record."""
        one = scene.model.relationships[subject]
        ((ours, theirs),) = one.local
        async with scene.session() as session:
            linked = await make_linked(scene, session, one, 1)
            following = await scene.insert(session, None, linked.target)
        from_record = "awaitable" if "awaitable" in one.loads else "lazy"
        async with scene.session() as session:
            record = await session.get(scene.model, linked.row.key)
            # Async code cannot begin lazily; what is loaded is held by the record as well.
            first = "eager" if scene.is_async and from_record == "lazy" else from_record
            await session.related(scene.model, record, subject, first)
            await session.update(record, {ours: following.stored[theirs]})
            for load in ("eager", from_record):
                found = await session.related(scene.model, record, subject, load)
                keys = [await scene.key(session, other, linked.target) for other in found]
                if keys != [following.key]:
                    raise scene.fail(
                        f"{scene.model.name}.{ours} was changed, and {subject} ({load}) still leads to the "
                        f"{linked.target.name} that it led to before",
                        "forget what a relationship has loaded when its column changes",
                    )
        read = await scene.must_read(linked.row.key)
        if read[ours] != following.stored[theirs]:
            raise scene.fail(f"{scene.model.name}.{ours} was changed while {subject} was loaded, and is not stored")
        return len(keys)

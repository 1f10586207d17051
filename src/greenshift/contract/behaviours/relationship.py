"""Where relationships lead, read in every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.failure import error_name
from greenshift.contract.behaviours.linking import make_linked
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class RelationshipIsRead(Behaviour):
    """Each way of reading a relationship gives the same records; lazily it cannot be read in async code."""

    name = "relationship"
    title = "read a relationship lazily, awaited and eagerly"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the relationships."""
        return list(model.relationships)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Read two others, in every way, each in a new session."""
        one = scene.model.relationships[subject]
        async with scene.session() as session:
            linked = await make_linked(scene, session, one, 2)
        expected = {other.key for other in linked.others}
        for load in one.loads:
            async with scene.session() as session:
                record = await session.get(scene.model, linked.row.key)
                try:
                    found = await session.related(scene.model, record, subject, load)
                except Exception as error:
                    if not (scene.is_async and load == "lazy"):
                        raise
                    name = f"{scene.model.name}.{subject}"
                    scene.notes.append(
                        f"async code cannot read {name} lazily ({error_name(error)}): load it with {one.needs}"
                    )
                    continue
                keys = [await scene.key(session, other, linked.target) for other in found]
            if set(keys) != expected or len(keys) != len(expected):
                raise scene.fail(
                    f"{scene.model.name}.{subject} ({load}) leads to {len(keys)} records of {one.target}, and not to "
                    f"the {len(expected)} that refer to each other",
                    "look at the columns and the join that the relationship is made of",
                )
        return len(expected)

"""Values that must be unique, twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class DuplicateValue(Behaviour):
    """What a table declares unique is refused a second time."""

    name = "duplicate"
    title = "make two records with values that must be unique"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the sets of columns that are unique, each as ``a,b``."""
        alone = {(one.name,) for one in model.columns.values() if one.is_unique}
        sets = sorted(alone | set(model.uniques))
        return [",".join(names) for names in sets if all(model.columns[name].is_writable for name in names)]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make the second with the first one's values."""
        names = subject.split(",")
        made = await scene.make()
        same = {name: made.stored[name] for name in names}
        if None in same.values():
            same = await self._without_nulls(scene, names)
            await scene.make(same)
        async with scene.session() as session:
            values = await scene.rows.prepare(session, scene.model, same)

        async def again(session: Session) -> None:
            await session.insert(scene.model, values)

        return await scene.refused(again, "23505", f"a second {scene.model.name} with the same {subject}")

    async def _without_nulls(self, scene: Scene, names: Sequence[str]) -> dict[str, Any]:
        """Return values of which none is null, since nulls are no duplicates of each other."""
        given: dict[str, Any] = {}
        for key in scene.model.foreign_keys:
            if key.target and set(key.columns) & set(names):
                other = await scene.make(model=scene.models[key.target])
                given |= {
                    name: other.stored[there] for name, there in zip(key.columns, key.target_columns, strict=True)
                }
        free = [name for name in names if name not in given]
        return given | {name: scene.rows.another(scene.model, scene.model.columns[name], than=None) for name in free}

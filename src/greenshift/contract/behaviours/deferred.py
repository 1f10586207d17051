"""References that are checked at commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Deferred(Behaviour):
    """A deferred reference may be made before what it refers to."""

    name = "deferred"
    title = "refer to a record that is made later in the transaction"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the columns that refer so, where the other record's key can be given."""
        found = []
        for key in model.foreign_keys:
            target = rows.models.get(key.target)
            if target is None or not key.is_deferred or len(key.columns) != 1:
                continue
            if target.keys == key.target_columns and target.columns[target.keys[0]].is_writable:
                found.append(key.columns[0])
        return found

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make the child first."""
        key = next(key for key in scene.model.foreign_keys if key.columns == (subject,))
        target = scene.models[key.target]
        async with scene.session() as session:
            ghost = await scene.insert(session, None, target)
            await session.rollback()
        async with scene.session() as session:
            child = await scene.insert(session, {subject: ghost.key[0]})
            await scene.insert(session, {target.keys[0]: ghost.key[0]}, target)
        read = await scene.must_read(child.key)
        return read[subject] == ghost.key[0]

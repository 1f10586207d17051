"""References to what is not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import ForeignKey, Model
from greenshift.contract.rows import Rows


class ForeignKeyViolation(Behaviour):
    """A reference to a record that does not exist is refused, at once or at commit."""

    name = "foreign_key"
    title = "refer to a record that is not there"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the foreign keys, each as ``a,b``."""
        return [",".join(key.columns) for key in model.foreign_keys if self._can_be_tried(model, key)]

    def _can_be_tried(self, model: Model, key: ForeignKey) -> bool:
        return bool(key.target) and all(model.columns[name].is_writable for name in key.columns)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Refer to a record that was made and rolled back."""
        key = next(key for key in scene.model.foreign_keys if ",".join(key.columns) == subject)
        target = scene.models[key.target]
        async with scene.session() as session:
            ghost = await scene.insert(session, None, target)
            await session.rollback()
        given = {name: ghost.stored[there] for name, there in zip(key.columns, key.target_columns, strict=True)}
        async with scene.session() as session:
            values = await scene.rows.prepare(session, scene.model, given)

        async def refer(session: Session) -> None:
            await session.insert(scene.model, values)

        what = f"a {scene.model.name} whose {subject} refers to a {target.name} that does not exist"
        # An __init__ that takes the record and not its key makes a null of one that is not there.
        return await scene.refused(refer, "23503", what, also=["23502"])

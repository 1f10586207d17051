"""Nulls where none may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class NotNullViolation(Behaviour):
    """A null is refused in a column that may hold none."""

    name = "not_null"
    title = "write null where it may not be"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the columns that must be given."""
        return [
            column.name for column in model.required if column.is_writable and not column.json and not column.is_key
        ]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write it."""
        async with scene.session() as session:
            values = await scene.rows.prepare(session, scene.model, {subject: None})

        async def write(session: Session) -> None:
            await session.insert(scene.model, values)

        return await scene.refused(write, "23502", f"{scene.model.name}.{subject} = None")

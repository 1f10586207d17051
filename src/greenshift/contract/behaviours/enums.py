"""Every value of an enum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import can_hold
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Enums(Behaviour):
    """Each value of an enum is stored and read back as what it was."""

    name = "enums"
    title = "write every value of an enum"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the columns that hold one."""
        return [one.name for one in model.columns.values() if one.choices and can_hold(rows, model, one)]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write each."""
        column = scene.model.columns[subject]
        return [await scene.stays({subject: value}, given={subject: value}) for value in column.choices]

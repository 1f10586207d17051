"""Empty strings."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Empty(Behaviour):
    """An empty string comes back as one, not as null."""

    name = "empty"
    title = "write empty strings"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is a string to choose."""
        return any(not one.choices for one in free_columns(rows, model, str))

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write them."""
        columns = free_columns(scene.rows, scene.model, str)
        values = dict.fromkeys((one.name for one in columns if not one.choices), "")
        return await scene.stays(values, given=values)

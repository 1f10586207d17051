"""Arrays, empty ones as well."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Arrays(Behaviour):
    """An array keeps its items, their order, and is not null when it is empty."""

    name = "arrays"
    title = "write arrays of several lengths"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is an array to choose."""
        return bool(free_columns(rows, model, list))

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write none, the items of a row, and these twice in the other order."""
        names = [one.name for one in free_columns(scene.rows, scene.model, list)]
        empty: dict[str, Any] = {name: [] for name in names}
        found = [await scene.stays(empty, given=empty)]
        row = scene.rows.values(scene.model)
        turned = {name: [*(row.get(name) or []), *(row.get(name) or [])][::-1] for name in names}
        found.append(await scene.stays(turned, given=turned))
        return found

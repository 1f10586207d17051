"""Bytes."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Binary(Behaviour):
    """Every byte comes back, zeros as well, and none at all is not null."""

    name = "bytes"
    title = "write every byte, and none"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there are bytes to choose."""
        return bool(free_columns(rows, model, bytes))

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write them."""
        columns = free_columns(scene.rows, scene.model, bytes)
        every = {one.name: bytes(range(256))[: one.length] for one in columns}
        none = {one.name: b"" for one in columns}
        return [await scene.stays(every, given=every), await scene.stays(none, given=none)]

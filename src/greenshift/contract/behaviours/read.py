"""Reading one record of several."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Read(Behaviour):
    """Each primary key leads to its own record."""

    name = "read"
    title = "read records by primary key"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make three and read each."""
        made = [await scene.make() for _ in range(3)]
        for one in made:
            scene.compare(one.row.values, await scene.must_read(one.key))
        return len({one.key for one in made})

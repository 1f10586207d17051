"""Reading several records at once."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class GetMany(Behaviour):
    """Several keys give their records, whatever their order."""

    name = "get_many"
    title = "read several records at once"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Read two of three, by reversed keys, and none."""
        made = [await scene.make() for _ in range(3)]
        wanted = [made[2].key, made[0].key]
        async with scene.session() as session:
            found = await session.get_many(scene.model, wanted)
            keys = {await scene.key(session, record) for record in found}
            nothing = list(await session.get_many(scene.model, []))
        if keys != set(wanted) or len(found) != 2 or nothing:
            raise scene.fail(
                f"the keys {wanted} give the records {sorted(map(str, keys))}; no key gives {len(nothing)}"
            )
        return len(found)

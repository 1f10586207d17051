"""Making several records at once."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class InsertMany(Behaviour):
    """A batch makes each of its rows."""

    name = "insert_many"
    title = "make several records at once"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make four at once, and an empty batch."""
        async with scene.session() as session:
            rows = [await scene.rows.prepare(session, scene.model) for _ in range(4)]
            records = await session.insert_many(scene.model, rows)
            keys = [await scene.key(session, record) for record in records]
            nothing = await session.insert_many(scene.model, [])
        if len(set(keys)) != 4 or nothing:
            raise scene.fail(f"4 rows and then none were to be made, and {len(set(keys))} and {len(nothing)} were")
        read = [await scene.must_read(key) for key in keys]
        for values, one in zip(rows, read, strict=True):
            scene.compare(values, one)
        return [scene.plain(one, values) for values, one in zip(rows, read, strict=True)]

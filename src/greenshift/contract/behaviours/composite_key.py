"""Keys of several columns."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class CompositeKey(Behaviour):
    """Records are read and deleted by all parts of their key."""

    name = "composite_key"
    title = "read and delete by a key of several columns"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether the key has several columns."""
        return len(model.keys) > 1

    async def run(self, scene: Scene, subject: str) -> Any:
        """Read two, mix their keys, delete one."""
        first, second = await scene.make(), await scene.make()
        for one in (first, second):
            scene.compare(one.row.values, await scene.must_read(one.key))
        mixed = (first.key[0], *second.key[1:])
        if mixed not in (first.key, second.key) and await scene.read(mixed) is not None:
            raise scene.fail(f"the parts of two keys, {mixed}, lead to a record")
        async with scene.session() as session:
            for record in await session.get_many(scene.model, [first.key]):
                await session.delete(record)
        if await scene.read(first.key) is not None or await scene.read(second.key) is None:
            raise scene.fail(f"deleting {first.key} did not delete that record alone")
        return len(scene.model.keys)

"""A primary key twice."""

from __future__ import annotations

from typing import Any

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class DuplicateKey(Behaviour):
    """A second record with the same key is refused, and the first stays."""

    name = "duplicate_key"
    title = "make two records with one primary key"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a program can give the key."""
        return bool(model.keys) and all(model.columns[name].is_writable for name in model.keys)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make the second with the first one's key."""
        made = await scene.make()
        key = dict(zip(scene.model.keys, made.key, strict=True))
        async with scene.session() as session:
            values = await scene.rows.prepare(session, scene.model, key)

        async def again(session: Session) -> None:
            await session.insert(scene.model, values)

        state = await scene.refused(again, "23505", f"a second {scene.model.name} with the key {made.key}")
        scene.compare(made.row.values, await scene.must_read(made.key))
        return state

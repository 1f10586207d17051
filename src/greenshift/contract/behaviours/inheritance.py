"""Records of a class read by the classes above it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Inheritance(Behaviour):
    """A record is found through the class above, as what it is and with all it has."""

    name = "inheritance"
    title = "read a record through the class that it inherits from"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the classes above that are models themselves and share the rows."""
        return [name for name in model.parents if name in rows.models and model.discriminator is not None]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Look in three ways."""
        above = scene.models[subject]
        made = await scene.make()
        async with scene.session() as session:
            by_key = await session.get(above, made.key)
            if by_key is None:
                raise scene.fail(f"a {scene.model.name} is not found as a {subject}")
            values = await session.values(scene.model, by_key)
            scene.compare(made.row.values, values)
        async with scene.session() as session:
            for record in await session.list(above):
                if await scene.key(session, record, above) == made.key:
                    scene.compare(made.row.values, await session.values(scene.model, record))
                    kind = type(record).__name__
                    break
            else:
                raise scene.fail(f"the list of {subject} lacks a {scene.model.name}")
        if type(by_key) is not scene.model.model or kind != scene.model.model.__name__:
            raise scene.fail(f"a {scene.model.name} is read through {subject} as a {type(by_key).__name__}")
        return kind

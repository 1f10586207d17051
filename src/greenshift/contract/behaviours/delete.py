"""Deleting a record."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene


class Delete(Behaviour):
    """The record is gone; others, and those that it referred to, stay."""

    name = "delete"
    title = "delete a record and look for it and for others"

    async def run(self, scene: Scene, subject: str) -> Any:
        """Delete one of two."""
        made, other = await scene.make(), await scene.make()
        parents = []
        owned = {one.target for one in scene.model.relationships.values() if one.owns}
        async with scene.session() as session:
            for columns, parent in made.row.parents.items():
                if parent.model.name not in owned:
                    target = next(key for key in scene.model.foreign_keys if key.columns == columns)
                    values = dict(zip(target.target_columns, (made.stored[name] for name in columns), strict=True))
                    parents.append((parent.model, values))
            record = await session.get(scene.model, made.key)
            if record is None:
                raise scene.fail(f"{scene.model.name} {made.key} is not found")
            await session.delete(record)
        if await scene.read(made.key) is not None:
            raise scene.fail(f"{scene.model.name} {made.key} was deleted and is still there")
        if await scene.read(other.key) is None:
            raise scene.fail(f"deleting one {scene.model.name} deleted another")
        async with scene.session() as session:
            for model, values in parents:
                name, value = next(iter(values.items()))
                if not await session.find_by(model, name, value):
                    raise scene.fail(
                        f"deleting a {scene.model.name} deleted the {model.name} that it refers to",
                        "take delete out of the cascade of the relationship that leads to it",
                    )
        return sorted(model.name for model, _ in parents)

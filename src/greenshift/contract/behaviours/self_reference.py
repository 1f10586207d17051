"""Records that refer to others of their kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class SelfReference(Behaviour):
    """A chain of records of one model is stored, and read from each link."""

    name = "self_reference"
    title = "make a chain of records that refer to each other"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the columns that refer to the model itself."""
        own = {model.name, *model.parents}
        return [key.columns[0] for key in model.foreign_keys if key.target in own and len(key.columns) == 1]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make three, and one that refers to itself."""
        key = next(key for key in scene.model.foreign_keys if key.columns == (subject,))
        first = await scene.make()
        second = await scene.make({subject: first.stored[key.target_columns[0]]})
        third = await scene.make({subject: second.stored[key.target_columns[0]]})
        seen = [(await scene.must_read(one.key))[subject] for one in (second, third)]
        if seen != [one.stored[key.target_columns[0]] for one in (first, second)]:
            raise scene.fail(f"{scene.model.name}.{subject} was written as a chain and read as {seen}")
        return len(seen)

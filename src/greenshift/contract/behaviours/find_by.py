"""Finding records by a column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.comparison import is_same
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows

_TYPES: Final = (str, int, bool, Decimal)


class FindBy(Behaviour):
    """A column's value finds the record that has it, and only such."""

    name = "find_by"
    title = "find records by each column"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a column can be searched for."""
        return bool(self._columns(model))

    def _columns(self, model: Model) -> list[Column]:
        return [one for one in model.columns.values() if (one.python_type in _TYPES or one.choices) and not one.json]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make three rows and look for the values of the second."""
        made = [await scene.make() for _ in range(3)]
        found = {}
        async with scene.session() as session:
            for column in self._columns(scene.model):
                value = made[1].stored[column.name]
                if value is None:
                    continue
                records = await session.find_by(scene.model, column.name, value)
                read = [await session.values(scene.model, record) for record in records]
                if not any(tuple(one[name] for name in scene.model.keys) == made[1].key for one in read):
                    raise scene.fail(f"{scene.model.name} is not found by {column.name} = {value!r}, which it holds")
                if other := [one[column.name] for one in read if not is_same(column, value, one[column.name])]:
                    raise scene.fail(f"by {column.name} = {value!r} records with {other[0]!r} are found")
                found[column.name] = len(read)
        return found

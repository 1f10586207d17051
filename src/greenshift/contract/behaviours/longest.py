"""Strings of full length, and too long."""

from __future__ import annotations

from typing import Any, Final

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows

_WITHOUT_LIMIT: Final = 100_000


class Longest(Behaviour):
    """A string of the greatest length comes back whole; a longer one is refused."""

    name = "longest"
    title = "write strings of the greatest length, and longer ones"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is a string to choose."""
        return bool(free_columns(rows, model, str))

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write letters of two bytes."""
        columns = free_columns(scene.rows, scene.model, str)
        unique = {name for names in (*scene.model.uniques, *scene.model.partial_uniques) for name in names}
        indexed = {one.name for one in columns if one.is_unique or one.is_indexed or one.name in unique}
        # An index takes no entry of more than a third of a page:
        # https://www.postgresql.org/docs/current/btree.html#BTREE-LIMITS
        scene.notes += [
            f"{scene.model.name}.{one.name} is without a limit and in an index, which refuses values of more than "
            "2,704 bytes: give it a length"
            for one in columns
            if one.name in indexed and one.length is None and not one.choices
        ]
        values = {
            one.name: "\u00e4" * (one.length or (500 if one.name in indexed else _WITHOUT_LIMIT))
            for one in columns
            if not one.choices
        }
        found = await scene.stays(values, given=values)
        states = []
        for column in columns:
            if column.length is None or column.choices:
                continue
            async with scene.session() as session:
                row = await scene.rows.prepare(session, scene.model, {column.name: "x" * (column.length + 1)})

            async def write(session: Session, row: Any = row) -> None:
                await session.insert(scene.model, row)

            what = f"{column.length + 1} characters in {scene.model.name}.{column.name}"
            states.append(await scene.refused(write, "22001", what))
        return {name: len(text) for name, text in found.items()}, states

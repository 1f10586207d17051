"""What the server and the model fill in."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.comparison import has_zone, is_same
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Defaults(Behaviour):
    """A column that is left out gets its default, which a new session reads as well."""

    name = "defaults"
    title = "leave out columns that have a default"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a column has one."""
        return bool(self._names(model))

    def _names(self, model: Model) -> list[str]:
        return [one.name for one in model.columns.values() if one.has_default and not one.is_generated]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Leave them out."""
        made = await scene.make()
        read = await scene.must_read(made.key)
        names = [name for name in self._names(scene.model) if name not in made.row.values]
        for name in names:
            column = scene.model.columns[name]
            if column.default_difference:
                scene.notes.append(
                    f"{scene.model.name}.{name} has two defaults, {column.default_difference}: rows made without the "
                    "model differ from its own"
                )
            if read[name] is None and not column.is_nullable:
                raise scene.fail(f"{scene.model.name}.{name} has a default and was read as None")
            if has_zone(made.stored[name]) != has_zone(read[name]):
                with_zone, without = "with a time zone", "without one"
                was, became = (with_zone, without) if has_zone(made.stored[name]) else (without, with_zone)
                raise scene.fail(
                    f"{scene.model.name}.{name} is {was} after the insert and {became} when read: its default does not "
                    "fit its type",
                    f"DateTime(timezone={has_zone(made.stored[name])}), or a default {became}",
                )
            if not is_same(column, made.stored[name], read[name]):
                raise scene.fail(
                    f"{scene.model.name}.{name} is {made.stored[name]!r} after the insert and {read[name]!r} when read"
                )
        return {name: type(read[name]).__name__ for name in names}

"""Changing a record."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.comparison import is_same
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows


class Update(Behaviour):
    """Every column that can change does, and nothing else."""

    name = "update"
    title = "change every column and read it in a new session"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a column can change."""
        return any(self._can_change(model, column) for column in model.columns.values())

    def _can_change(self, model: Model, column: Column) -> bool:
        managed = {model.version, model.discriminator[0] if model.discriminator else None}
        free = column.is_writable and not column.is_generated and column.name not in managed
        return free and not column.is_key and column.references is None

    async def run(self, scene: Scene, subject: str) -> Any:
        """Give one record the values of another row."""
        made, other = await scene.make(), await scene.make()
        values = scene.rows.values(scene.model)
        values = {
            name: value for name, value in values.items() if self._can_change(scene.model, scene.model.columns[name])
        }
        for name, column in scene.model.columns.items():
            if name not in values and self._can_change(scene.model, column) and not column.is_server_default:
                values[name] = scene.rows.another(scene.model, column, than=made.stored[name])
        async with scene.session() as session:
            record = await session.get(scene.model, made.key)
            if record is None:
                raise scene.fail(f"{scene.model.name} {made.key} is not found")
            await session.update(record, values)
            said = await session.values(scene.model, record)
            for name in [name for name in values if scene.model.columns[name].has_default]:
                # What has a default may be the models' own business.
                if not is_same(scene.model.columns[name], values[name], said[name]):
                    scene.notes.append(f"{scene.model.name}.{name} is set by the models, whatever is written to it")
                    del values[name]
        read = await scene.must_read(made.key)
        scene.compare(values, read)
        scene.compare(other.row.values, await scene.must_read(other.key))
        return scene.plain({name: read[name] for name in values}, values)

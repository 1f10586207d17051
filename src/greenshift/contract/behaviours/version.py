"""Optimistic locking."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import can_hold
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Column, Model
from greenshift.contract.rows import Rows


class Version(Behaviour):
    """Of two sessions that change what both have read, the second is refused."""

    name = "version"
    title = "change a record in two sessions that both have read it"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether versions are counted and something can change."""
        return model.version is not None and bool(self._column(model, rows))

    def _column(self, model: Model, rows: Rows) -> Column | None:
        columns = [one for one in model.columns.values() if can_hold(rows, model, one) and not one.json]
        return next((one for one in columns if one.python_type in (str, int, float, bool, Decimal)), None)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Change it in both."""
        column = self._column(scene.model, scene.rows)
        assert column is not None
        assert scene.model.version is not None
        made = await scene.make()
        first_value = scene.rows.another(scene.model, column, than=made.stored[column.name])
        second_value = scene.rows.another(scene.model, column, than=first_value)
        refusal = ""
        try:
            async with scene.session() as second:
                late = await second.get(scene.model, made.key)
                await second.values(scene.model, late)
                async with scene.session() as first:
                    await first.update(await first.get(scene.model, made.key), {column.name: first_value})
                await second.update(late, {column.name: second_value})
        except Exception as error:
            refusal = scene.refusal(error)
        read = await scene.must_read(made.key)
        if not refusal:
            raise scene.fail(
                f"a {scene.model.name} was changed by two sessions that had both read it, and neither was refused"
            )
        scene.compare({column.name: first_value}, read)
        if read[scene.model.version] == made.stored[scene.model.version]:
            raise scene.fail(f"{scene.model.name}.{scene.model.version} did not change with the record")
        return refusal

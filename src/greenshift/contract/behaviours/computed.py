"""What the database or the class computes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from greenshift.contract.adapter import Key
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.failure import error_name
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Computed(Behaviour):
    """Computed columns, column properties and hybrids can be read in both flavours, and say the same."""

    name = "computed"
    title = "read computed columns and properties"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether something is computed."""
        return bool(model.computed) or any(not one.is_writable for one in model.columns.values())

    async def run(self, scene: Scene, subject: str) -> Any:
        """Read them after the insert, and in a new session."""
        made = await scene.make()
        names = [one.name for one in scene.model.columns.values() if not one.is_writable and not one.is_key]
        read = await scene.must_read(made.key)
        for name in names:
            if read[name] != made.stored[name]:
                raise scene.fail(
                    f"{scene.model.name}.{name} is {made.stored[name]!r} after the insert and {read[name]!r} when read"
                )
        async with scene.session() as session:
            record = await session.get(scene.model, made.key)
            found = dict(await session.computed(scene.model, record))
        for name, value in found.items():
            if isinstance(value, (str, int, bool)):
                await self._see_in_sql(scene, made.key, name, value)
        simple = (str, int, float, bool, Decimal, type(None))
        said = {name: value if isinstance(value, simple) else type(value).__name__ for name, value in found.items()}
        # What is made from a key differs from run to run.
        return {name: read[name] for name in names}, {
            name: "<key>" if type(value) is int and value in made.key else value for name, value in said.items()
        }

    async def _see_in_sql(self, scene: Scene, key: Key, name: str, value: Any) -> None:
        """See that a record is found by what it says."""
        where = f"{scene.model.name}.{name}"
        fix = f"give it an expression (@{name}.inplace.expression), or make it a plain property"
        try:
            async with scene.session() as session:
                records = await session.find_by(scene.model, name, value)
                keys = [await scene.key(session, one) for one in records]
        except Exception as error:
            said = f"{where} can be read, and cannot be used in SQL ({error_name(error)})"
            if scene.refusal(error) != error_name(error):
                raise scene.fail(said, fix) from error
            # It never gets as far as the database: nobody can be misled by it.
            scene.notes.append(f"{said}: {fix}")
            return
        if key not in keys:
            raise scene.fail(f"{where} is {value!r} in Python and something else in SQL", fix)

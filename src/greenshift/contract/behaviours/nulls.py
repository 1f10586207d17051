"""Columns that may be null."""

from __future__ import annotations

from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Nulls(Behaviour):
    """Every column that may be null is, and reads as None."""

    name = "nulls"
    title = "leave every column null that may be"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether a column may be null."""
        return bool(self._columns(model, rows))

    def _columns(self, model: Model, rows: Rows) -> list[str]:
        return [
            one.name
            for one in model.columns.values()
            if one.is_nullable
            and one.is_writable
            and not one.is_generated
            and not one.is_key
            and not (model.discriminator and one.name == model.discriminator[0])
            and one.name != model.version
            and not any(one.stored_name in text for text in model.checks)
            and not rows.is_overridden(model, one)
        ]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Make one with nulls only."""
        nulls = dict.fromkeys(self._columns(scene.model, scene.rows))
        made = await scene.make(nulls)
        read = await scene.must_read(made.key)
        # A default may step in for None, and so may a type.
        others = [scene.model.columns[name] for name in nulls if read[name] is not None]
        scene.notes += [
            f"the type of {scene.model.name}.{one.name} reads null as {read[one.name]!r}"
            for one in others
            if not one.keeps_null
        ]
        wrong = [one.name for one in others if one.keeps_null and not one.has_default]
        if wrong:
            raise scene.fail(f"{scene.model.name}.{wrong[0]} was written as null and read back as {read[wrong[0]]!r}")
        return sorted(name for name in nulls if read[name] is None)

"""The models' own way to JSON and back."""

from __future__ import annotations

import json
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.comparison import is_same
from greenshift.contract.behaviours.failure import error_name
from greenshift.contract.behaviours.scene import Scene, StoredRow
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class ToJson(Behaviour):
    """A record that was read turns into JSON in both flavours, and back."""

    name = "json"
    title = "turn a record into JSON and back"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether the models have a way of their own."""
        return model.has_json

    async def run(self, scene: Scene, subject: str) -> Any:
        """Turn one that a new session has read."""
        made = await scene.make()
        async with scene.session() as session:
            record = await session.get(scene.model, made.key)
            try:
                text = await session.to_json(scene.model, record)
            except Exception as error:
                needs = await self._needs(scene, made)
                if not needs:
                    raise
                raise scene.fail(
                    f"a {scene.model.name} that was read cannot be turned into JSON ({error_name(error)}): it reads "
                    f"{', '.join(needs)} of the database",
                    "load what it reads: " + ", ".join(scene.model.relationships[name].needs for name in needs),
                ) from error
            if text is None:
                raise scene.fail(f"{scene.model.name} says that it turns into JSON, and gives None")
            read = await session.from_json(scene.model, text)
        parsed = json.loads(text)
        if read is not None:
            for name, value in made.row.values.items():
                if name in read and not is_same(scene.model.columns[name], value, read[name]):
                    raise scene.fail(
                        f"{scene.model.name}.{name} was {value!r} and came back from JSON as {read[name]!r}"
                    )
        return sorted(parsed) if isinstance(parsed, dict) else type(parsed).__name__

    async def _needs(self, scene: Scene, made: StoredRow) -> list[str]:
        """Return the relationships without which it fails, each tried alone."""
        names = [one.name for one in scene.model.relationships.values() if "eager" in one.loads]
        found = []
        for name in names:
            async with scene.session() as session:
                record, _ = await session.preload(scene.model, made.key, [name])
                try:
                    await session.to_json(scene.model, record)
                except Exception:  # noqa: S112 - it needs another, or more than one
                    continue
                found.append(name)
        return found

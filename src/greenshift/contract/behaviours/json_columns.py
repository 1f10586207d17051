"""Documents in JSON columns."""

from __future__ import annotations

from typing import Any, Final

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.choosing import free_columns
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows

_DOCUMENT: Final[dict[str, Any]] = {
    "text": 'quotes " and \u00e4\u20ac\U0001f40d',
    "numbers": [0, -1, 1.5, 2**53],
    "nested": {"empty": {}, "list": [], "null": None, "true": True},
}


class JsonColumns(Behaviour):
    """A document comes back as it was; a change of it is stored."""

    name = "jsonb"
    title = "write documents"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether there is a document to choose."""
        return bool(self._names(model, rows))

    def _names(self, model: Model, rows: Rows) -> list[str]:
        return [one.name for one in free_columns(rows, model, dict) if one.json]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Write one, an empty one, and another in its place."""
        names = self._names(scene.model, scene.rows)
        full = dict.fromkeys(names, _DOCUMENT)
        empty: dict[str, Any] = {name: {} for name in names}
        found = [await scene.stays(full, given=full), await scene.stays(empty, given=empty)]
        made = await scene.make(full)
        async with scene.session() as session:
            record = await session.get(scene.model, made.key)
            changed = {name: {**_DOCUMENT, "text": "changed"} for name in names}
            await session.update(record, changed)
        scene.compare(changed, await scene.must_read(made.key))
        await self._change_inside(scene, names)
        return found

    async def _change_inside(self, scene: Scene, names: list[str]) -> None:
        """Note the columns of which a change inside the document is lost: models may assign instead."""
        made = await scene.make({name: dict(_DOCUMENT) for name in names})
        async with scene.session() as session:
            # The record must live on: what tracks a document knows it by a weak reference.
            record = await session.get(scene.model, made.key)
            held = await session.values(scene.model, record)
            for name in names:
                held[name]["text"] = "changed inside"
        read = await scene.must_read(made.key)
        for name in names:
            if read[name]["text"] != "changed inside":
                scene.notes.append(
                    f"a change inside the document of {scene.model.name}.{name} is not stored: assign a new one, or "
                    "map it with MutableDict.as_mutable(...)"
                )

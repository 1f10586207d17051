"""How a model compares its records, where it says so itself."""

from __future__ import annotations

import inspect
from typing import Any, Final

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.failure import error_name
from greenshift.contract.behaviours.scene import Scene, StoredRow
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows

# What these generate or inherit compares as their documentation says.
_LIBRARIES: Final = ("pydantic", "sqlalchemy", "sqlmodel")
_STRANGERS: Final = (None, "text", object())


class Equality(Behaviour):
    """A model's own ``__eq__`` and ``__hash__`` fit each other, and what collections do with records.

    https://docs.python.org/3/reference/datamodel.html#object.__hash__
    """

    name = "equality"
    title = "compare records, where the model has a way of its own"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether its source has an ``__eq__`` or ``__hash__``; one that a dataclass generates does not count."""
        return _is_written(model.model, "__eq__") or _is_written(model.model, "__hash__")

    async def run(self, scene: Scene, subject: str) -> Any:
        """Compare two records, and two copies of one of them."""
        first, second = await scene.make(), await scene.make()
        model = scene.model
        async with scene.session() as session, scene.session() as another:
            one, other = await session.get(model, first.key), await session.get(model, second.key)
            copy = await another.get(model, first.key)
            self._with_strangers(scene, one)
            if _is_written(model.model, "__eq__"):
                self._with_records(scene, one, copy)
                self._with_another(scene, one == other, first, second)
            return self._hashes(scene, one, copy)

    def _with_strangers(self, scene: Scene, record: Any) -> None:
        for stranger in _STRANGERS:
            said = "None" if stranger is None else f"a {type(stranger).__name__}"
            try:
                is_equal = bool(record == stranger)
            except Exception as error:
                raise scene.fail(
                    f"comparing a {scene.model.name} with {said} raises {error_name(error)}",
                    "let __eq__ return NotImplemented for what is no record of its class",
                ) from error
            if is_equal:
                raise scene.fail(f"a {scene.model.name} is equal to {said}", "compare the class in __eq__")

    def _with_records(self, scene: Scene, one: Any, copy: Any) -> None:
        name = scene.model.name
        if not one == one:
            raise scene.fail(f"a {name} is not equal to itself", "look at __eq__")
        if not one == copy:
            raise scene.fail(
                f"a {name} is not equal to the same record read by another session",
                "compare the primary key or columns in __eq__, and nothing of the session's (_sa_instance_state)",
            )

    def _with_another(self, scene: Scene, are_equal: bool, first: StoredRow, second: StoredRow) -> None:
        if not are_equal:
            return
        said = f"two records of {scene.model.name} with different keys are equal: a collection may take one for another"
        written = [name for name in first.row.values if scene.model.columns[name].references is None]
        if any(first.stored[name] == second.stored[name] for name in written):
            # They may be compared by just that.
            scene.notes.append(said)
        else:
            raise scene.fail(said, "compare the primary key in __eq__, or values that tell records apart")

    def _hashes(self, scene: Scene, one: Any, copy: Any) -> str:
        name = scene.model.name
        if type(one).__hash__ is None:
            scene.notes.append(
                f"{name} has __eq__ and no __hash__: its records cannot be in a set, nor keys of a dictionary"
            )
            return "no hash"
        try:
            hashes = hash(one), hash(copy)
        except Exception as error:
            raise scene.fail(f"hash() of a {name} raises {error_name(error)}", "hash what does not change") from error
        if one == copy and hashes[0] != hashes[1]:
            raise scene.fail(
                f"two equal records of {name} have different hashes: a set would hold both",
                "hash in __hash__ what __eq__ compares",
            )
        return "hash"


def _is_written(kind: type[Any], method: str) -> bool:
    found = getattr(kind, method, None)
    code = getattr(found, "__code__", None)
    if found is None or code is None or code.co_filename == "<string>":
        return False
    module = inspect.getmodule(found)
    return module is None or module.__name__.partition(".")[0] not in _LIBRARIES

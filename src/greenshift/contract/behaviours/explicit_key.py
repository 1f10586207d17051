"""Primary keys that the program gives."""

from __future__ import annotations

from typing import Any, Final

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows

_FAR: Final = 20_000


class ExplicitKey(Behaviour):
    """A key that is given is kept, and what the sequence makes afterwards is known."""

    name = "explicit_key"
    title = "give a primary key that the database would have made"

    def applies(self, model: Model, rows: Rows) -> bool:
        """Tell whether the database makes the key, of one integer."""
        columns = [model.columns[name] for name in model.keys]
        return (
            len(columns) == 1 and columns[0].python_type is int and columns[0].is_generated and columns[0].is_writable
        )

    async def run(self, scene: Scene, subject: str) -> Any:
        """Give a key far away, then the next one of the sequence."""
        name = scene.model.keys[0]
        far = await scene.make({name: _FAR})
        if far.key != (_FAR,) or await scene.read((_FAR,)) is None:
            raise scene.fail(f"{scene.model.name} was made with the key {_FAR} and has {far.key}")
        counted = await scene.make()
        following = counted.key[0] + 1
        if scene.model.moves_sequence and counted.key[0] <= _FAR:
            raise scene.fail(
                f"after the key {_FAR} was given, the sequence made {counted.key[0]}: it was not moved",
                "call setval() after inserting explicit keys",
            )
        if scene.model.moves_sequence:
            return "moved"
        if scene.rows.is_in_a_circle(scene.model):
            # Its rows bring others of its table with them, which take numbers as well.
            return "in a circle"
        await scene.make({name: following})

        async def without_key(session: Session) -> None:
            await scene.insert(session)

        state = await scene.refused(without_key, "23505", f"the key {following} a second time, from the sequence")
        again = await scene.make()
        scene.notes.append(
            f"a key given to {scene.model.name} does not move its sequence: the row that meets it is refused ({state})"
        )
        return [state, again.key[0] > following]

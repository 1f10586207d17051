"""Where relationships lead, read in every way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.conditional import read_with_condition
from greenshift.contract.behaviours.linking import holds_key, make_linked, read_keys, takes_one
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model, Relationship
from greenshift.contract.rows import Rows


class RelationshipIsRead(Behaviour):
    """Each way of reading a relationship gives the same records; lazily it cannot be read in async code."""

    name = "relationship"
    title = "read a relationship lazily, awaited and eagerly"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the relationships."""
        return list(model.relationships)

    async def run(self, scene: Scene, subject: str) -> Any:
        """Read two others, in every way, each in a new session."""
        one = scene.model.relationships[subject]
        if one.conditional:
            return await read_with_condition(scene, one)
        self._see_that_columns_fit(scene, one)
        async with scene.session() as session:
            linked = await make_linked(scene, session, one, 2)
        expected = {other.key for other in linked.others}
        for load in one.loads:
            keys = await read_keys(scene, linked, one, load)
            if keys is not None and (set(keys) != expected or len(keys) != len(expected)):
                raise scene.fail(
                    f"{scene.model.name}.{subject} ({load}) leads to {len(keys)} records of {one.target}, and not to "
                    f"the {len(expected)} that refer to each other",
                    "look at the columns and the join that the relationship is made of",
                )
        self._note_several(scene, one)
        return len(expected)

    def _note_several(self, scene: Scene, one: Relationship) -> None:
        """Note where the table lets more records refer to this one than the relationship, or fewer."""
        target = scene.models.get(one.target)
        if target is not None and one.is_collection and takes_one(target, one):
            columns = ", ".join(theirs for _, theirs in one.local)
            scene.notes.append(
                f"{scene.model.name}.{one.name} is a collection, and one {target.name} at most may refer to the same "
                f"record, since {columns} is unique: uselist=False says so"
            )
        if target is None or one.is_collection or len(one.local) != 1 or holds_key(scene.model, one):
            return
        ((_, theirs),) = one.local
        if target.columns[theirs].is_unique or (theirs,) in (*target.uniques, *target.partial_uniques, target.keys):
            return
        scene.notes.append(
            f"{scene.model.name}.{one.name} leads to one record, and several {target.name} may refer to it: "
            f"unique=True on {target.name}.{theirs}, a collection, or (to itself) remote_side is missing"
        )

    def _see_that_columns_fit(self, scene: Scene, one: Relationship) -> None:
        """See that what its columns name is one record of its target."""
        target = scene.models.get(one.target)
        if target is None or len(one.local) != 1:
            return
        ((ours, theirs),) = one.local
        name = f"{scene.model.name}.{one.name}"
        references = scene.model.columns[ours].references
        if one.is_collection and references == (target.name, theirs) and target.keys == (theirs,):
            raise scene.fail(
                f"{name} is a collection, and {scene.model.name}.{ours} names one {target.name} at most",
                f"take uselist and the list out of {name}",
            )
        if references is None or one.is_collection or target.columns[theirs].references is not None:
            return
        other = scene.models.get(references[0])
        kin = {target.name, *target.parents}
        if other is None or other.table == target.table:
            return
        if other.name not in kin and not kin & {*other.parents}:
            raise scene.fail(
                f"{name} leads to {target.name}, and the foreign key of {scene.model.name}.{ours} to {other.name}",
                f"let the foreign key of {scene.model.name}.{ours} name the table of {target.name}",
            )

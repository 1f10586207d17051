"""Deleting a record that others refer to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.linking import holds_key, make_linked
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model
from greenshift.contract.rows import Rows


class Cascade(Behaviour):
    """Deleting a record does to those that refer to it what the models declare."""

    name = "cascade"
    title = "delete a record to which others belong"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return the relationships to records that refer to this one."""
        return [
            one.name
            for one in model.relationships.values()
            if one.is_writable and (one.local or one.through) and not holds_key(model, one)
        ]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Delete one that has two others."""
        one = scene.model.relationships[subject]
        async with scene.session() as session:
            linked = await make_linked(scene, session, one, 2)
        name = f"{scene.model.name}.{subject}"
        fix = f'say what becomes of them: cascade="all, delete-orphan" on {name}, or passive_deletes with ondelete'
        theirs = {theirs for _, theirs in one.local}
        by_database = any(
            key.on_delete == "CASCADE" and theirs & set(key.columns) for key in linked.target.foreign_keys
        )
        if by_database and not one.deletes_orphans:
            fix = f"passive_deletes=True on {name}: its foreign key deletes them, and the session sets it to null first"
        try:
            async with scene.session() as session:
                await session.delete(await session.get(scene.model, linked.row.key))
        except Exception as error:
            state = scene.refusal(error)
            if state == "23503" and one.deletes_orphans:
                raise scene.fail(f"{name} is to delete what belongs to it, and the database refuses", fix) from error
            if state == "23503":
                return "refused"
            if state in ("23502", "AssertionError"):
                columns = ", ".join(theirs for _, theirs in one.local) or str(one.through)
                raise scene.fail(
                    f"deleting a {scene.model.name} with {subject} sets {linked.target.name}.{columns} to null, "
                    "which may not be null",
                    fix,
                ) from error
            raise
        there = [await scene.read(other.key, linked.target) is not None for other in linked.others]
        if one.deletes_orphans and any(there):
            raise scene.fail(f"{name} deletes what belongs to it, and {sum(there)} are left", fix)
        if not one.deletes_orphans and not by_database and not all(there):
            raise scene.fail(f"deleting a {scene.model.name} deleted {subject}, which {name} does not declare", fix)
        return there

"""Loading chains of relationships."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from greenshift.contract.adapter import Session
from greenshift.contract.behaviours.behaviour import Behaviour
from greenshift.contract.behaviours.linking import holds_key, make_linked, target_of
from greenshift.contract.behaviours.scene import Scene, StoredRow
from greenshift.contract.description import Model, Relationship
from greenshift.contract.rows import Rows

_LONGEST: Final = 3
_MOST: Final = 6


class Preload(Behaviour):
    """A chain is loaded with as many statements for many records as for few."""

    name = "preload"
    title = "load a chain of relationships, and count the statements"

    def subjects(self, model: Model, rows: Rows) -> Sequence[str]:
        """Return chains, each as ``a.b``; none goes back the way that it came."""
        found: list[tuple[str, ...]] = []
        chains: list[tuple[Model, tuple[str, ...], Relationship | None]] = [(model, (), None)]
        while chains and len(found) < _MOST:
            at, chain, came = chains.pop(0)
            for one in at.relationships.values():
                target = target_of(rows.models, one.target)
                turns = came is not None and (came.back == one.name or one.target == model.name)
                if target is None or "eager" not in one.loads or turns or not (one.local or one.through):
                    continue
                # What refers to this record can be made for it; what it refers to was made with it.
                optional = holds_key(at, one) and any(at.columns[ours].is_nullable for ours, _ in one.local)
                if came is not None and optional:
                    continue
                found.append((*chain, one.name))
                if len(chain) + 1 < _LONGEST:
                    chains.append((target, (*chain, one.name), one))
        return [".".join(chain) for chain in found[:_MOST]]

    async def run(self, scene: Scene, subject: str) -> Any:
        """Load it for a record with one of each, then with three."""
        chain = subject.split(".")
        few, found = await self._count(scene, chain, 1)
        many, more = await self._count(scene, chain, 3)
        if many > few:
            raise scene.fail(
                f"loading {scene.model.name}.{subject} took {few} statements for {found} records and {many} for {more}",
                "one statement a record is sent: look for a property that loads each by itself",
            )
        scene.notes.append(f"{scene.model.name}.{subject} is loaded with {few} statements")
        return few, found, many, more

    async def _count(self, scene: Scene, chain: Sequence[str], width: int) -> tuple[int, int]:
        async with scene.session() as session:
            key = (await self._make(scene, session, scene.model, chain, width, None)).key
        async with scene.session() as session:
            record, statements = await session.preload(scene.model, key, chain)
            if record is None:
                raise scene.fail(f"{scene.model.name} {key} is not found when {'.'.join(chain)} is loaded with it")
            model, records, seen = scene.model, [record], 0
            for name in chain:
                # Loaded already, so that async code may read it.
                reached = [other for one in records for other in await session.related(model, one, name, "lazy")]
                target = target_of(scene.models, model.relationships[name].target)
                assert target is not None
                model, records = target, reached
                seen += len(reached)
        return statements, seen

    async def _make(
        self, scene: Scene, session: Session, model: Model, chain: Sequence[str], width: int, at: StoredRow | None
    ) -> StoredRow:
        linked = await make_linked(scene, session, model.relationships[chain[0]], width, model=model, at=at)
        if len(chain) > 1:
            for other in linked.others:
                await self._make(scene, session, linked.target, chain[1:], width, other)
        return linked.row

"""Relationships that have a condition beside their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from greenshift.contract.behaviours.linking import Linked, make_linked, read_keys, target_of
from greenshift.contract.behaviours.scene import Scene
from greenshift.contract.description import Model, Relationship
from greenshift.contract.errors import RowError
from greenshift.contract.rows import Rows


async def read_with_condition(scene: Scene, one: Relationship) -> Any:
    """Read such a relationship in every way, and see that each leads to the same records.

    Which ones the condition picks is not known beforehand: rows are tried that have the condition's constants, such in
    which everything is given, and such in which all is null that may be (``deleted_at IS NULL`` is often seen).

    Raises:
        RowError: it leads to none of them, so that nothing is seen of it.
    """
    counts = []
    for of_others in _kinds(scene.rows, target_of(scene.models, one.target), one.constants):
        try:
            async with scene.session() as session:
                linked = await make_linked(scene, session, replace(one, local=one.conditional), 2, of_others=of_others)
        except Exception as error:
            if isinstance(error, RowError) or scene.refusal(error)[:2] != "23":
                raise
            continue  # by a constraint; another kind may be taken
        counts.append(await _read(scene, linked, one))
    if not any(counts):
        raise RowError(
            f"no rows made for {scene.model.name}.{one.name} satisfy the condition that it has of its own",
            "leave this test out, with the reason, and write one by hand",
        )
    return counts


async def _read(scene: Scene, linked: Linked, one: Relationship) -> int:
    candidates = {other.key for other in linked.others}
    first: tuple[str, set[Any]] | None = None
    for load in one.loads:
        keys = await read_keys(scene, linked, one, load)
        if keys is None:
            continue
        name = f"{scene.model.name}.{one.name}"
        if len(keys) != len(set(keys)) or not set(keys) <= candidates:
            raise scene.fail(
                f"{name} ({load}) leads to {len(keys)} records of {one.target}, of which "
                f"{len(candidates & set(keys))} refer to it",
                "look at the condition that the relationship has",
            )
        first = first or (load, set(keys))
        if set(keys) != first[1]:
            raise scene.fail(
                f"{name} leads to {len(first[1])} records of {one.target} ({first[0]}) and to {len(keys)} ({load})",
                "look at the condition that the relationship has",
            )
    return len(first[1]) if first is not None else 0


def _kinds(rows: Rows, target: Model | None, constants: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if target is None:
        return [{}]
    nulls = {
        column.name: None
        for column in target.columns.values()
        if column.is_nullable
        and column.is_writable
        and not (column.is_key or column.is_generated or column.references)
        and column.name != target.version
        and not rows.is_overridden(target, column)
    }
    known = {name: value for name, value in constants.items() if name in target.columns}
    found: list[Mapping[str, Any]] = []
    for kind in (known, {**nulls, **known}, {}, nulls):
        if kind not in found:
            found.append(kind)
    return found

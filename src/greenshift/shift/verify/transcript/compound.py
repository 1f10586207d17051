"""Set operations without the SELECT that the legacy ``Query`` puts around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from greenshift.shift.verify.transcript.tree import (
    SET_OPERATIONS,
    Columns,
    Group,
    Node,
    end_of_list,
    split,
    start_of_list,
    text_of,
)

_TAIL: Final = frozenset({"ORDER", "LIMIT", "OFFSET"})


def unwrapped(nodes: list[Node], columns: Columns) -> tuple[list[Node], Columns]:
    """``SELECT anon_1.a FROM (... UNION ...) AS anon_1 ORDER BY anon_1.a`` without what is around the union.

    Only where all of its columns are selected, in their order, and nothing is filtered, joined or grouped.

    Args:
        nodes: a statement without labels.
        columns: what its labels mean.
    """
    source = _source(nodes)
    if source is None:
        return nodes, columns
    inner, alias, end = source
    selected = [text_of(item) for item in split(nodes[1 : end - 4], ",")]
    if selected != [f"{alias} . {{{text_of(item)}}}" for item in _items(inner)]:
        return nodes, columns
    tail = _without_owner(nodes[end:], alias)
    return [*inner, *tail], {name: _inside(meaning, alias) for name, meaning in columns.items()}


def _source(nodes: Sequence[Node]) -> tuple[list[Node], str, int] | None:
    """The only thing selected from: a set operation without a sorting of its own; its alias, and where the tail is."""
    if not nodes or nodes[0] != "SELECT" or start_of_list(nodes, 0) != 1:
        return None
    start = end_of_list(nodes, 1)
    source = nodes[start : start + 4]
    if len(source) != 4 or source[0] != "FROM" or not isinstance(source[1], Group) or source[2] != "AS":
        return None
    inner, alias, end = source[1].nodes, source[3], start + 4
    if not isinstance(alias, str) or (end < len(nodes) and nodes[end] not in _TAIL):
        return None
    if not any(node in SET_OPERATIONS for node in inner) or any(node in _TAIL for node in inner):
        return None
    return inner, alias, end


def _items(nodes: Sequence[Node]) -> list[list[Node]]:
    """The columns of the first SELECT."""
    first = nodes[0]
    if isinstance(first, Group):
        return _items(first.nodes)
    if first != "SELECT":
        return []
    start = start_of_list(nodes, 0)
    return split(nodes[start : end_of_list(nodes, start)], ",")


def _without_owner(nodes: Sequence[Node], alias: str) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, str) and node.startswith("{") and found[-2:] == [alias, "."]:
            del found[-2:]
        found.append(node)
    return found


def _inside(meaning: str, alias: str) -> str:
    start = f"{alias} . {{"
    return meaning[len(start) : -1] if meaning.startswith(start) and meaning.endswith("}") else meaning

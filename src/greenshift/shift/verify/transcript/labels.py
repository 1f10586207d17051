"""Statements with the names that subqueries and column labels give replaced by what they mean.

The legacy ``Query`` labels every column (``users.id AS users_id``) where ``select()`` labels none; what is outside of a
subquery refers to these labels. Once each label is its expression, both are the same text.
"""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.shift.verify.transcript.compound import unwrapped
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


def resolved(nodes: Sequence[Node]) -> list[Node]:
    """Return nodes without column labels, and with what refers to a label replaced by what it means."""
    return _resolve(list(nodes))[0]


def _resolve(nodes: list[Node]) -> tuple[list[Node], Columns]:
    names: dict[str, Columns] = {}
    level: list[Node] = []
    inner: dict[int, Columns] = {}
    for node in nodes:
        if isinstance(node, Group):
            content, columns = _resolve(node.nodes)
            if level and level[-1] == "EXISTS":
                content = _without_columns(content)
            node = Group(content)
            inner[len(level)] = columns
        level.append(node)
    for at, columns in inner.items():
        alias = _alias_of(level, at)
        if alias is not None and columns:
            names[alias] = columns
    if names:
        level = _with_meanings(level, names)
    return unwrapped(*_without_labels(level))


def _alias_of(nodes: list[Node], at: int) -> str | None:
    """Return the name of the subquery at an index: ``(...) AS name``, ``name AS (...)``."""
    after = nodes[at + 1 : at + 3]
    if len(after) == 2 and after[0] == "AS" and isinstance(after[1], str):
        return after[1]
    if at >= 2 and nodes[at - 1] == "AS" and isinstance(nodes[at - 2], str):
        return nodes[at - 2]  # type: ignore[return-value]
    return None


def _with_meanings(nodes: Sequence[Node], names: dict[str, Columns]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Group):
            found.append(Group(_with_meanings(node.nodes, names)))
        elif (
            isinstance(node, str)
            and len(found) >= 2
            and found[-1] == "."
            and isinstance(found[-2], str)
            and node in names.get(found[-2], {})
        ):
            found.append("{" + names[found[-2]][node] + "}")
        else:
            found.append(node)
    return found


def _without_labels(nodes: list[Node]) -> tuple[list[Node], Columns]:
    found: list[Node] = []
    first: Columns = {}
    labels: Columns = {}
    at = 0
    sorting = False
    is_compound = any(node in SET_OPERATIONS for node in nodes)
    while at < len(nodes):
        node = nodes[at]
        if node == "SELECT" or node == "RETURNING":
            start = start_of_list(nodes, at)
            end = end_of_list(nodes, start)
            columns: Columns = {}
            items: list[list[Node]] = []
            for item in split(nodes[start:end], ","):
                if len(item) > 2 and item[-2] == "AS" and isinstance(item[-1], str):
                    columns[item[-1]] = text_of(item[:-2])
                    item = item[:-2]
                elif item and isinstance(item[-1], str):
                    # Without a label a column goes by its own name.
                    columns.setdefault(item[-1].rpartition(".")[2].rstrip("}"), text_of(item))
                items.append(item)
            found += nodes[at:start]
            for number, item in enumerate(items):
                found += [",", *item] if number else item
            first = first or columns
            # A set operation is sorted by the labels of its first SELECT.
            labels = first if is_compound else columns
            at = end
            sorting = False
            continue
        if node in {"ORDER", "GROUP", "HAVING"}:
            sorting = True
        elif node in SET_OPERATIONS or node in {"LIMIT", "OFFSET", "FOR", "WHERE", "FROM"}:
            sorting = False
        qualified = (bool(found) and found[-1] == ".") or (at + 1 < len(nodes) and nodes[at + 1] == ".")
        if sorting and isinstance(node, str) and not qualified and node in labels:
            node = "{" + labels[node] + "}"
        found.append(node)
        at += 1
    return found, first


def _without_columns(nodes: list[Node]) -> list[Node]:
    """``EXISTS (SELECT *`` and ``EXISTS (SELECT 1`` ask the same."""
    if not nodes or nodes[0] != "SELECT":
        return nodes
    start = start_of_list(nodes, 0)
    return [*nodes[:start], "1", *nodes[end_of_list(nodes, start) :]]

"""Tokens nested by their parentheses, and the parts of a SELECT."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.shift.verify.transcript.tokens import Placeholder, Token


@dataclass(eq=False)
class Group:
    """What stands between two parentheses."""

    nodes: list[Node]


Node = Token | Group
Columns = dict[str, str]
"""What a SELECT calls its columns, and what each of them means."""

_KEYWORDS: Final = frozenset(
    """ALL AND AS ASC BETWEEN BY CASE CROSS DELETE DESC DISTINCT ELSE END EXCEPT EXISTS FALSE FETCH FOR FROM FULL GROUP
    HAVING ILIKE IN INNER INSERT INTERSECT INTO IS JOIN LATERAL LEFT LIKE LIMIT NOT NULL OFFSET ON OR ORDER OUTER
    RECURSIVE RELEASE RETURNING RIGHT ROLLBACK SAVEPOINT SELECT SET THEN TO TRUE UNION UPDATE USING VALUES WHEN WHERE
    WINDOW WITH""".split()  # noqa: SIM905 - fifty quoted words are harder to read
)
CLAUSES: Final = frozenset(
    "FROM WHERE UNION INTERSECT EXCEPT ORDER GROUP HAVING LIMIT OFFSET FOR WINDOW INTO FETCH RETURNING".split()  # noqa: SIM905
)
SET_OPERATIONS: Final = frozenset({"UNION", "INTERSECT", "EXCEPT"})


def nested(tokens: Sequence[Token]) -> list[Node]:
    """Nest tokens by their parentheses; keywords come out in capitals."""
    stack: list[list[Node]] = [[]]
    for one in tokens:
        if one == "(":
            stack.append([])
        elif one == ")" and len(stack) > 1:
            inner = stack.pop()
            stack[-1].append(Group(inner))
        elif isinstance(one, str) and one.upper() in _KEYWORDS:
            stack[-1].append(one.upper())
        else:
            stack[-1].append(one)
    while len(stack) > 1:  # no SQL, or a bug of the tokens: compared as it is
        inner = stack.pop()
        stack[-1].append(Group(inner))
    return stack[0]


def text_of(nodes: Sequence[Node]) -> str:
    """Return nodes as text; every parameter is a ``?``."""
    return " ".join(
        f"( {text_of(node.nodes)} )" if isinstance(node, Group) else "?" if isinstance(node, Placeholder) else node
        for node in nodes
    )


def flat(nodes: Sequence[Node]) -> Iterator[Token]:
    """Give the tokens in the order of the text, without parentheses."""
    for node in nodes:
        if isinstance(node, Group):
            yield from flat(node.nodes)
        else:
            yield node


def replaced(nodes: Sequence[Node], change: Callable[[str], str]) -> list[Node]:
    """Return nodes with each word changed."""
    return [
        Group(replaced(node.nodes, change))
        if isinstance(node, Group)
        else change(node)
        if isinstance(node, str)
        else node
        for node in nodes
    ]


def split(nodes: Sequence[Node], mark: str) -> list[list[Node]]:
    """Cut nodes at a mark of their own level."""
    parts: list[list[Node]] = [[]]
    for node in nodes:
        if node == mark:
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def end_of_list(nodes: Sequence[Node], start: int) -> int:
    """Return where the list of columns that begins at ``start`` ends."""
    for at in range(start, len(nodes)):
        # IS DISTINCT FROM
        if nodes[at] in CLAUSES and not (nodes[at] == "FROM" and at > start and nodes[at - 1] == "DISTINCT"):
            return at
    return len(nodes)


def start_of_list(nodes: Sequence[Node], select: int) -> int:
    """Return where the columns of the SELECT at ``select`` begin: behind DISTINCT ON (...)."""
    at = select + 1
    if at < len(nodes) and nodes[at] in {"DISTINCT", "ALL"}:
        at += 1
        if at + 1 < len(nodes) and nodes[at] == "ON":
            at += 2
    return at

"""Blocks joined to failures: causes and contexts behind the exception that arrived, members behind their group."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from greenshift.explain.failure import Failure, Raised
from greenshift.explain.reading.blocks import Block, Border

# SQLAlchemy puts the driver's exception into its own message.
_WRAPPED: Final = re.compile(
    r"^(?:\(raised as a result of [^\n]*\)\n)?\((?P<module>\w+(?:\.\w+)*)\.(?P<name>[A-Z]\w*)\) (?P<message>.*)",
    re.DOTALL,
)
_INNER: Final = re.compile(r"^<class '(?P<module>[\w.]+)\.(?P<name>\w+)'>: (?P<message>.*)", re.DOTALL)
_DEEPEST: Final = 50  # groups in groups; Python itself prints ten
_STATEMENT: Final = re.compile(r"\n?\s*\[SQL: .*", re.DOTALL)


@dataclass
class _Node:
    block: Block
    members: list[_Sequence] = field(default_factory=list)


@dataclass
class _Sequence:
    """Exceptions of which each led to the next."""

    nodes: list[_Node] = field(default_factory=list)

    def raised(self) -> Iterator[Raised]:
        for node in reversed(self.nodes):
            yield _raised(node.block)
        for node in self.nodes:
            for member in node.members:
                yield from member.raised()

    def texts(self) -> Iterator[str]:
        for node in self.nodes:
            yield node.block.text
            for member in node.members:
                yield from member.texts()


def failures(parts: Iterable[Block | Border]) -> list[tuple[int, Failure]]:
    """Join the blocks of a stream to failures.

    Args:
        parts: its blocks and the borders between them, in order.

    Returns:
        The failures, each with the line on which it begins.
    """
    result: list[tuple[int, Failure]] = []
    queue = list(parts)
    index = 0
    while index < len(queue):
        sequence, after = _sequence(queue, index, 0)
        if sequence.nodes:
            raised = [*sequence.raised()]
            chain = (*raised, *_wrapped(raised))
            number = sequence.nodes[0].block.number
            result.append((number, Failure(chain, "\n".join(sequence.texts()), live=False)))
        index = max(after, index + 1)
    return result


def _sequence(queue: list[Block | Border], index: int, column: int, depth: int = 0) -> tuple[_Sequence, int]:
    sequence = _Sequence()
    while index < len(queue):
        part = queue[index]
        if isinstance(part, Block):
            if part.column < column or (sequence.nodes and not part.linked):
                return sequence, index
            sequence.nodes.append(_Node(part))
            index += 1
        elif part.column > column and not part.last and sequence.nodes and depth < _DEEPEST:
            inner = part.column
            while index < len(queue) and queue[index] == Border(inner, False):
                member, index = _member(queue, index + 1, inner, depth + 1)
                sequence.nodes[-1].members.append(member)
            if index < len(queue) and queue[index] == Border(inner, True):
                index += 1
        else:
            return sequence, index
    return sequence, index


def _member(queue: list[Block | Border], index: int, column: int, depth: int) -> tuple[_Sequence, int]:
    member, index = _sequence(queue, index, column, depth)
    while index < len(queue) and isinstance(part := queue[index], Block) and part.column >= column:
        index += 1  # unlinked within one member: a line of a log
    return member, index


def _raised(block: Block) -> Raised:
    module, _, name = block.name.rpartition(".")
    return Raised(name, module.partition(".<locals>")[0], block.message, block.frames)


def _wrapped(chain: list[Raised]) -> list[Raised]:
    """The driver's exceptions that only a message names, since a log often ends with SQLAlchemy's."""
    known = {(one.type_name, one.message) for one in chain}
    names = {one.type_name for one in chain}
    result: list[Raised] = []
    for one in chain:
        found = _WRAPPED.match(one.message)
        while found is not None:
            message = _STATEMENT.sub("", found["message"])
            raised = Raised(found["name"], found["module"], message)
            if raised.type_name not in names and (raised.type_name, message) not in known:
                result.append(raised)
                names.add(raised.type_name)
            found = _INNER.match(message)
    return result

"""Loops that send the same SELECT again and again, each time with other values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from greenshift.explain.n_plus_one.exclusions import Exclusions
from greenshift.explain.n_plus_one.loops import Loop, innermost_loop
from greenshift.explain.n_plus_one.sql_text import digest, reads_in_batches
from greenshift.explain.n_plus_one.stack import Site, Stack
from greenshift.explain.n_plus_one.turns import Turn
from greenshift.trace import Statement

# So many different values make a loop: two may be a pair, such as the sender and the receiver.
THRESHOLD: Final = 3


class _Key(NamedTuple):
    """What the statements of one loop have in common."""

    template: str
    stack: Stack
    turn: Turn


@dataclass
class _Group:
    model: str | None
    values: set[int] = field(default_factory=set)
    statements: int = 0
    is_batched: bool = False


class Place(NamedTuple):
    """What findings that are one to the user have in common.

    Attributes:
        template: the statement's normalised text.
        model: the mapped class that it selects, where it is one.
        sent: where it was sent.
        loop: the loop.
    """

    template: str
    model: str | None
    sent: Site
    loop: Loop


@dataclass
class StatementLoop:
    """A loop that sent one statement with different values.

    Attributes:
        place: where.
        statements: how many it sent in all.
        times: how often the loop was gone through.
    """

    place: Place
    statements: int = 0
    times: int = 0


class HandWritten:
    """Collects the SELECTs that the user's code asks for."""

    def __init__(self) -> None:
        self._groups: dict[_Key, _Group] = {}

    def add(self, statement: Statement, stack: Stack, turn: Turn) -> None:
        """Note a SELECT.

        Args:
            statement: it carries the values of its parameters, of which only a digest is kept.
            stack: who sent it.
            turn: tells apart what lies between two writes.
        """
        if not stack.sites or stack.is_own_load:
            return
        key = _Key(statement.key, stack, turn)
        group = self._groups.get(key)
        if group is None:
            model = statement.origin.detail if statement.origin.kind == "select" else None
            group = self._groups[key] = _Group(model)
        group.values.add(digest(statement.parameters))
        group.statements += 1
        group.is_batched = group.is_batched or reads_in_batches(statement)

    def loops(self, exclusions: Exclusions) -> list[StatementLoop]:
        """Return the loops found so far, in the order of their first statements.

        Args:
            exclusions: what is not to be reported.
        """
        found: dict[Place, StatementLoop] = {}
        for key, group in list(self._groups.items()):
            if len(group.values) < THRESHOLD or group.is_batched:
                continue
            place = _place(key, group, exclusions)
            if place is not None:
                loop = found.setdefault(place, StatementLoop(place))
                loop.statements += group.statements
                loop.times += 1
        return list(found.values())


def _place(key: _Key, group: _Group, exclusions: Exclusions) -> Place | None:
    sites = key.stack.sites
    found = innermost_loop(sites)
    if found is None or found.loop.repeats or exclusions.is_repeated_by_test(key.stack):
        return None
    sent, loop = sites[0], found.loop
    if exclusions.is_ignored(sent, loop):
        return None
    return Place(key.template, group.model, sent, loop)

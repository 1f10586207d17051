"""Attributes that were loaded one by one, of instances that one SELECT had loaded together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from greenshift.explain.n_plus_one.exclusions import Exclusions
from greenshift.explain.n_plus_one.loops import Loop, innermost_loop
from greenshift.explain.n_plus_one.stack import Site, Stack
from greenshift.explain.n_plus_one.turns import Turn
from greenshift.trace import CallSite, LoadedBy, Statement
from greenshift.trace.instances import Chain

KINDS: Final = frozenset({"lazy load", "deferred", "expired"})

# Two rows of one SELECT, each loading the same attribute at the same place, are a loop: the rows of tests are few.
THRESHOLD: Final = 2
# Instances that no SELECT loaded together are told from unrelated ones by the loop in the source alone.
UNRELATED_THRESHOLD: Final = 3


class _Key(NamedTuple):
    """What the statements of one loop have in common."""

    kind: str
    attribute: str
    chain: Chain
    source: int | None
    stack: Stack
    turn: Turn | None


@dataclass
class _Group:
    source: LoadedBy | None
    parents: set[int] = field(default_factory=set)
    statements: int = 0


class Place(NamedTuple):
    """What findings that are one to the user have in common.

    Attributes:
        kind: the origin's kind: ``lazy load``, ``deferred``, ``expired``.
        attribute: ``Account.owner``.
        chain: the relationships that lead from what the parents' SELECT returned to the attribute's instance.
        loaded: the line of the SELECT that loaded the parents; None where no SELECT did.
        read: where the attribute was read; None where only libraries did, such as one that builds a response.
        loop: the loop around it, where the source shows one.
    """

    kind: str
    attribute: str
    chain: Chain
    loaded: CallSite | None
    read: Site | None
    loop: Loop | None


@dataclass
class AttributeLoop:
    """A loop over attributes that were loaded one by one.

    Attributes:
        place: where.
        source: one execution of the SELECT that loaded the parents.
        statements: how many statements it sent in all.
        times: how often the loop was gone through.
    """

    place: Place
    source: LoadedBy | None
    statements: int = 0
    times: int = 0


class AttributeLoads:
    """Collects the statements that load attributes."""

    def __init__(self) -> None:
        self._groups: dict[_Key, _Group] = {}
        self._expired: set[int] = set()

    def add(self, statement: Statement, stack: Stack, turn: Turn) -> None:
        """Note a statement.

        Args:
            statement: its origin's kind is one of :data:`KINDS`.
            stack: who read the attribute.
            turn: tells apart what lies between two writes.
        """
        origin = statement.origin
        if origin.detail is None or origin.parent is None or stack.is_own_load:
            return
        # Reading before each write of a loop what the commit of the turn before expired is the writes' doing.
        if origin.kind == "expired":
            self._expired.add(origin.parent)
        is_written = origin.source is None or origin.parent in self._expired
        number = None if origin.source is None else origin.source.number
        key = _Key(origin.kind, origin.detail, origin.chain, number, stack, turn if is_written else None)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(origin.source)
        group.parents.add(origin.parent)
        group.statements += 1

    def loops(self, exclusions: Exclusions) -> list[AttributeLoop]:
        """Return the loops found so far, in the order of their first statements.

        Args:
            exclusions: what is not to be reported.
        """
        found: dict[Place, AttributeLoop] = {}
        for key, group in list(self._groups.items()):
            if len(group.parents) < (THRESHOLD if group.source is not None else UNRELATED_THRESHOLD):
                continue
            place = _place(key, group, exclusions)
            if place is not None:
                loop = found.setdefault(place, AttributeLoop(place, group.source))
                loop.statements += group.statements
                loop.times += 1
        return list(found.values())


def _place(key: _Key, group: _Group, exclusions: Exclusions) -> Place | None:
    sites = key.stack.sites
    read = sites[0] if sites else None
    found = innermost_loop(sites)
    outer = read if found is None else found.site
    if outer is not None and exclusions.is_test(outer):
        return None
    loaded = None
    if group.source is None:
        # Only the loop in the source shows that these objects belong together.
        if found is None or found.loop.repeats or exclusions.is_repeated_by_test(key.stack):
            return None
    else:
        loaded = group.source.call_site
        if loaded is None or exclusions.in_test_file(loaded.file):
            return None
    loop = None if found is None else found.loop
    if exclusions.is_ignored(read, loop, loaded):
        return None
    return Place(key.kind, key.attribute, key.chain, loaded, read, loop)

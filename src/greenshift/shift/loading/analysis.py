"""Follows instances to where they were loaded, and says what must be loaded there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.values import Instance
from greenshift.shift.loading.local_reads import LocalRead, is_stored_before, local_read
from greenshift.shift.loading.members import Members
from greenshift.shift.loading.origins import Origins
from greenshift.shift.loading.paths import (
    EAGER,
    NOT_PLAIN,
    Path,
    instances_in,
    is_return,
    relationships_on,
    sited,
    stops_at,
)
from greenshift.shift.loading.reads import Read, own_method, relationship_reads
from greenshift.shift.loading.rendering import rendered_instances
from greenshift.shift.loading.responses import handovers
from greenshift.shift.loading.schemas import Schemas
from greenshift.shift.loading.session_calls import storing_units
from greenshift.shift.loading.sites import Site, site_of
from greenshift.shift.project import Module
from greenshift.shift.project.traversal import walk

Reader = tuple[Module, ast.AST]
WRITES = {"add", "add_all", "flush", "commit", "refresh", "merge"}


@dataclass
class Loading:
    """What must be loaded, and where.

    Attributes:
        demands: For each site the paths that are read of its instances, each with the places that read it.
        unproved: Relationships read of instances whose loading is not known, with those places.
        special: Relationships read that are query objects or raise on purpose, with those places.
        read: Every relationship that is read anywhere.
        returns: Many-to-one sides that are read right behind the side that leads to them.
        given: Relationships that a constructor call was given, or that are assigned to what it made.
        local: Reads in tests that the test's own session can serve.
        unseen: Calls that render what cannot be read, of instances; with the reason.
    """

    demands: dict[Site, dict[Path, list[Reader]]] = field(default_factory=dict)
    unproved: dict[Relationship, list[Reader]] = field(default_factory=dict)
    special: dict[Relationship, list[Reader]] = field(default_factory=dict)
    read: dict[Relationship, list[Reader]] = field(default_factory=dict)
    returns: set[Relationship] = field(default_factory=set)
    given: set[tuple[ast.AST, str]] = field(default_factory=set)
    local: list[LocalRead] = field(default_factory=list)
    unseen: list[tuple[Module, ast.Call, str]] = field(default_factory=list)


def analyse(kinds: Kinds, kept: frozenset[str] = frozenset()) -> Loading:
    """Find every relationship that is read, and the statement or constructor that its instance comes from.

    Args:
        kinds: The analysis of the project.
        kept: Files whose statements cannot be changed.
    """
    return _Analysis(kinds, kept).run()


class _Analysis:
    def __init__(self, kinds: Kinds, kept: frozenset[str]) -> None:
        self.kinds = kinds
        self.kept = kept
        self.members = Members(kinds)
        self.schemas = Schemas(kinds, self.members)
        self.loading = Loading()
        self._sites: dict[ast.AST, Site | None] = {}
        self._storing = storing_units(kinds)
        self._origins = Origins(kinds)
        self._assigned = _assigned_relationships(kinds)

    def run(self) -> Loading:
        called = {function for functions in self.kinds.invocations.values() for function in functions}
        for read in relationship_reads(self.kinds):
            if self._is_local(read):
                continue
            for instance in read.instances:
                method = own_method(self.kinds, read)
                if instance.site is None and method is not None and method not in called:
                    # Nobody in the application calls it: what Pydantic reads through it is known from the schema.
                    continue
                self.demand(instance, (read.name,), (read.module, read.node))
        rendered = rendered_instances(self.kinds, self.members)
        self.loading.unseen = rendered.unseen
        for handover in chain(handovers(self.kinds, self.schemas), rendered.handovers):
            for path in handover.paths:
                self.demand(handover.instance, path, (handover.module, handover.node))
        return self.loading

    def _is_local(self, read: Read) -> bool:
        """Whether a test can load it on the spot; constructors of the test itself, not yet stored, need nothing."""
        local = local_read(self.kinds, read.node) if read.module.is_test else None
        if local is None:
            return False
        reader = (read.module, read.node)
        lazy = []
        for instance in read.instances:
            relationship = self.kinds.classes.relationships(instance.cls)[read.name]
            _note(self.loading.read, relationship, reader)
            if relationship.lazy in NOT_PLAIN:
                return False
            site = None if instance.site is None else self._site(instance.site)
            if site is None or site.kind != "constructor" or self._is_stored(site, local):
                lazy.append(instance)
        if lazy and len(lazy) == len(read.instances):
            self.loading.local.append(local)
        return True

    def _is_stored(self, site: Site, read: LocalRead) -> bool:
        """Whether a constructed instance is in the database when a test reads it."""
        storing = self._storing.get(site.node, set())
        return self._origins.lead_to(read, storing) or is_stored_before(self.kinds, read)

    def demand(self, instance: Instance, path: Path, reader: Reader, depth: int = 3) -> None:
        classes = self.kinds.classes
        followed = relationships_on(classes, instance.cls, path)
        if followed is None:
            return
        for relationship in followed:
            _note(self.loading.read, relationship, reader)
            if relationship.lazy in NOT_PLAIN:
                _note(self.loading.special, relationship, reader)
                return
        site = None if instance.site is None else self._site(instance.site)
        if site is not None and site.kind == "async":
            return
        if reader[0].file in self.kept:
            # It runs inside run_sync, where reading loads.
            return
        if site is None or site.kind == "other" or site.module.file in self.kept:
            self._unproved(followed, reader)
            return
        whole = (*instance.path, *path)
        roots = [cls for cls, _ in site.roots]
        root = next((cls for cls in roots if relationships_on(self.kinds.classes, cls, whole) is not None), None)
        if root is None:
            self._unproved(followed, reader)
            return
        if site.kind == "constructor":
            if self._still_transient(site, reader):
                return
            given = self._given(site, whole[0])
            if given:
                # What the constructor was given, or what is assigned later, has a site of its own.
                for one in given:
                    if len(whole) > 1 and depth and one != instance:
                        self.demand(one, whole[1:], reader, depth - 1)
                self.loading.given.add((site.node, whole[0]))
                whole = whole[:1]
        else:
            chain = relationships_on(self.kinds.classes, root, whole) or []
            for there, back in pairwise(chain):
                if is_return(self.kinds.classes, there, back):
                    self.loading.returns.add(back)
            while site.kind != "get" and chain and chain[-1].lazy in EAGER and not stops_at(classes, root, chain):
                chain.pop()
            whole = whole[: len(chain)]
            if not whole:
                return
        self.loading.demands.setdefault(site, {}).setdefault(whole, []).append(reader)

    def _unproved(self, relationships: Iterable[Relationship], reader: Reader) -> None:
        for relationship in relationships:
            if relationship.lazy not in EAGER:
                _note(self.loading.unproved, relationship, reader)

    def _site(self, node: ast.AST) -> Site | None:
        if node not in self._sites:
            self._sites[node] = site_of(self.kinds, node)
        return self._sites[node]

    def _given(self, site: Site, name: str) -> list[Instance]:
        values: list[Instance] = []
        for keyword in site.node.keywords:
            if keyword.arg == name:
                values += [one for one, _ in instances_in(self.kinds.values(keyword.value))]
        values += self._assigned.get((site.node, name), [])
        return sited(one for one in values if self.kinds.classes.is_model(one.cls))

    def _still_transient(self, site: Site, reader: Reader) -> bool:
        """Whether an instance is read in the function that constructs it before it is added to a session."""
        _, node = reader
        unit = self.kinds.unit(site.node)
        if unit is None or self.kinds.unit(node) is not unit:
            return False
        line, begin = getattr(node, "lineno", 0), site.node.lineno
        body = unit.source.tree if isinstance(unit, Module) else unit.node
        return line >= begin and not any(
            isinstance(one, ast.Call)
            and isinstance(one.func, ast.Attribute)
            and one.func.attr in WRITES
            and begin <= one.lineno <= line
            for one in walk(body)
        )


def _assigned_relationships(kinds: Kinds) -> dict[tuple[ast.AST, str], list[Instance]]:
    """What is assigned to the relationships of constructed instances: ``comment.author = user``."""
    found: dict[tuple[ast.AST, str], list[Instance]] = {}
    for module in kinds.project.modules:
        for node in module.source.nodes:
            if not isinstance(node, ast.Assign):
                continue
            for target in node.targets:
                if not isinstance(target, ast.Attribute):
                    continue
                for value in kinds.values(target.value):
                    if not isinstance(value, Instance) or value.site is None or value.path:
                        continue
                    if target.attr in kinds.classes.relationships(value.cls):
                        given = [one for one, _ in instances_in(kinds.values(node.value))]
                        found.setdefault((value.site, target.attr), []).extend(given)
    return found


def _note(into: dict[Relationship, list[Reader]], relationship: Relationship, reader: Reader) -> None:
    readers = into.setdefault(relationship, [])
    if reader not in readers:
        readers.append(reader)

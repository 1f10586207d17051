"""Who calls whom, and which functions send something themselves."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from greenshift.shift.colour.barriers import called_back
from greenshift.shift.colour.registered import Registered
from greenshift.shift.colour.registries import Registries
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.touches import Touch, touches
from greenshift.shift.project import Class, Function, Module


@dataclass(frozen=True, slots=True)
class Edge:
    """One place where functions of the application are called.

    Attributes:
        node: The call, attribute (property), context manager expression or decorator.
        module: Where it stands.
        caller: The unit in whose body it stands.
        targets: What may be called there.
        is_callback: Whether a library calls them, for ``node``'s result.
        by_library: Whether a library calls them that has an async form of the call, or of the context manager.
    """

    node: ast.AST
    module: Module
    caller: Unit
    targets: frozenset[Function]
    is_callback: bool = False
    by_library: bool = False


@dataclass
class CallGraph:
    """Edges and touches by unit, and the async names of libraries' calls."""

    edges: list[Edge] = field(default_factory=list)
    callers: dict[Function, list[Edge]] = field(default_factory=dict)
    calls: dict[Unit, list[Edge]] = field(default_factory=dict)
    touches: dict[Unit, list[Touch]] = field(default_factory=dict)
    families: dict[Function, set[Function]] = field(default_factory=dict)
    async_name: Callable[[ast.Call], str | None] = lambda call: None


def call_graph(kinds: Kinds, counts: Callable[[Touch], bool], more: Iterable[Touch] = ()) -> CallGraph:
    """Return the call graph of a project.

    Args:
        kinds: The analysis.
        counts: Whether a touch is to become async.
        more: Touches that the receivers' kinds do not tell.
    """
    registered, registries = Registered(kinds), Registries(kinds)
    graph = CallGraph(async_name=registered.async_name)
    for touch in more:
        unit = kinds.unit(touch.node)
        if unit is not None:
            graph.touches.setdefault(unit, []).append(touch)
    for module in kinds.project.modules:
        for touch in touches(kinds, module):
            unit = kinds.unit(touch.node)
            if unit is not None and counts(touch):
                graph.touches.setdefault(unit, []).append(touch)
        for call in kinds.calls(module):
            unit = kinds.unit(call)
            back = called_back(kinds, module, call)
            if back and unit is not None:
                _add(graph, Edge(call, module, unit, frozenset(back), is_callback=True))
            entry = registries.called(call)
            if entry and unit is not None:
                _add(graph, Edge(call, module, unit, frozenset(entry)))
            run = registered.run_by(module, call)
            if run and unit is not None:
                _add(graph, Edge(call, module, unit, frozenset(run), by_library=True))
    for node, targets in kinds.invocations.items():
        unit = kinds.unit(node)
        if unit is not None:
            module = unit if isinstance(unit, Module) else unit.module
            _add(graph, Edge(node, module, unit, frozenset(targets)))
    graph.families = _families(kinds)
    return graph


def _add(graph: CallGraph, edge: Edge) -> None:
    graph.edges.append(edge)
    graph.calls.setdefault(edge.caller, []).append(edge)
    for target in edge.targets:
        graph.callers.setdefault(target, []).append(edge)


def _by_method(kinds: Kinds) -> dict[str, dict[Class, None]]:
    """The classes that have a method, by its name, in the project's order."""
    found: dict[str, dict[Class, None]] = {}
    for cls in kinds.project.classes:
        for one in kinds.classes.line(cls):
            for name in one.functions:
                found.setdefault(name, {})[cls] = None
    return found


def _families(kinds: Kinds) -> dict[Function, set[Function]]:
    """Methods that stand for each other: overriding ones, and those of a protocol's implementations."""
    families: dict[Function, set[Function]] = {}

    def join(first: Function, second: Function) -> None:
        one = families.setdefault(first, {first})
        other = families.setdefault(second, {second})
        if one is not other:
            smaller, larger = sorted((one, other), key=len)
            larger |= smaller
            for member in smaller:
                families[member] = larger

    for cls in kinds.project.classes:
        nearest: dict[str, Function] = {}
        # Bases that have nothing to do with each other stand for each other in a class of both.
        for one in kinds.classes.line(cls):
            for name, method in one.functions.items():
                if name not in ("__init__", "__new__", "__post_init__"):
                    join(nearest.setdefault(name, method), method)
    protocols = [one for one in kinds.project.classes if kinds.classes.is_protocol(one) and one.functions]
    having = _by_method(kinds) if protocols else {}
    for protocol in protocols:
        names = list(protocol.functions)
        alike = set.intersection(*(set(having[name]) for name in names))
        for cls in having[names[0]]:
            if cls is not protocol and cls in alike:
                for name in names:
                    found = kinds.classes.method(cls, name)
                    if found is not None:
                        join(protocol.functions[name], found)
    return families

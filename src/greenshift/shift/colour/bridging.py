"""Where sync code with database access is run from async code: ``await session.run_sync(lambda _: ...)``."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from greenshift.shift.colour.call_graph import CallGraph, Edge
from greenshift.shift.colour.colours import Bridge, Colours
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.calls import CONSUMING
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.kinds.values import NOTHING, Instance, Session, SessionFactory, Values, is_mock
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import desktop_modules, keeps_sessions
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context

SPAWN = ""
"""A bridge without a session in scope runs by SQLAlchemy's own greenlet switch."""

FACTORY = "factory_boy knows no async session"
"""A reason that is listed once, where the factory is given its session, and not at every row that a test makes."""


def bridge_places(context: Context, graph: CallGraph, colours: Colours, reasons: dict[Function, str]) -> None:
    """Find the expressions of async functions that must run inside ``run_sync``.

    Args:
        context: The flip's context.
        graph: The call graph.
        colours: Receives the bridges.
        reasons: Why each bridged function stays sync.
    """
    wanted: dict[ast.expr, tuple[Module, Function, str]] = {}
    iterators: set[ast.expr] = set()
    for unit, touches in graph.touches.items():
        if isinstance(unit, Function) and colours.is_async(unit):
            for touch in touches:
                if touch.form == "bridge":
                    wanted[touch.node] = (touch.module, unit, _why(touch))
                    if touch.method == "for":
                        iterators.add(touch.node)
    before = {one for one in colours.asynchronous if one.is_async}
    for edge in graph.edges:
        unit = edge.caller
        if not isinstance(unit, Function) or not colours.is_async(unit) or not isinstance(edge.node, ast.expr):
            continue
        bridged = edge.targets & colours.bridged
        # Calling an async function that was one before needs no bridge, whatever else the call may reach.
        if _runs_by_itself(context, edge, bridged):
            continue
        if bridged and not edge.targets & before:
            first = min(bridged, key=lambda one: one.qualified_name)
            wanted.setdefault(edge.node, (edge.module, unit, reasons.get(first, "it stays sync")))
            if _gives_iterator(context, edge.node, bridged):
                iterators.add(edge.node)
    grown = [(_grow(context, node), *rest) for node, rest in wanted.items()]
    placed: dict[ast.AST, tuple[ast.expr, ...]] = {}
    # The largest first: what stands inside it is bridged with it.
    for node, module, unit, reason in sorted(grown, key=lambda one: -_length(one[1], one[0])):
        if _is_inside(context, node, placed):
            continue
        awaited = placed[node] = _handed_in(context, colours, module, node)
        if context.options.bridge == "none":
            context.leave(module, node, "barrier", f"to be done by hand: {reason}")
            continue
        session = _session_in_scope(context, unit, node)
        # Inner bridges are written before the outer one takes their text to hand it in.
        colours.bridges.insert(0, Bridge(node, module, session or SPAWN, awaited, node in iterators))
        if reason != FACTORY:
            context.leave(module, node, "bridged", f"runs inside run_sync: {reason}")


def _why(touch: Touch) -> str:
    """Why what an expression sends has to be bridged."""
    if touch.what == "factory":
        return FACTORY
    if touch.what != "attribute":
        return f"`{touch.method}` has no async form"
    return "a loop sends a query" if touch.method == "for" else f"`{touch.method}` may be loaded by being read"


def _length(module: Module, node: ast.expr) -> int:
    return module.source.end(node) - module.source.start(node)


def _gives_iterator(context: Context, node: ast.expr, bridged: AbstractSet[Function]) -> bool:
    """Whether an expression's value is run through outside of it: a generator, an instance with an ``__iter__``."""
    if isinstance(node, ast.Compare) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CONSUMING
    ):
        return False
    return any(one in context.kinds.generators or one.name == "__iter__" for one in bridged)


def hands_session(kinds: Kinds, node: ast.AST) -> bool:
    """Whether a call gives a session to what it calls, or calls a method of something that holds one.

    Args:
        kinds: The analysis.
        node: The call, or the attribute that is a property.
    """
    function = node.func if isinstance(node, ast.Call) else node
    given = [*node.args, *(keyword.value for keyword in node.keywords)] if isinstance(node, ast.Call) else []
    if any(_is_flipped(kinds.values(one)) for one in given):
        return True
    return isinstance(function, ast.Attribute) and any(
        isinstance(value, Instance)
        and any(
            _is_flipped(kinds.attribute_values(cls, name))
            for cls in kinds.classes.line(value.cls)
            for name in kinds.attributes(cls)
        )
        for value in kinds.values(function.value)
    )


def _is_flipped(values: Values) -> bool:
    return any(isinstance(value, Session) and not value.is_async for value in values)


def _runs_by_itself(context: Context, edge: Edge, bridged: AbstractSet[Function]) -> bool:
    """Whether a call needs no bridge: a desktop program's functions work on sync sessions of their own."""
    project = context.project
    if not bridged or not all(one.module in desktop_modules(project) for one in bridged):
        return False
    if keeps_sessions(project, edge.module):
        return True
    if hands_session(context.kinds, edge.node):
        return False
    name = min(one.name for one in bridged)
    context.leave(
        edge.module, edge.node, "blocking", f"`{name}` of a desktop program blocks, on a sync session of its own"
    )
    return True


def _handed_in(context: Context, colours: Colours, module: Module, node: ast.expr) -> tuple[ast.expr, ...]:
    """The calls of async functions in an expression, which are awaited before it; what sessions send runs inside."""
    source = module.source
    found: list[ast.expr] = []
    for awaited in sorted(colours.awaits & set(walk(node)), key=lambda one: (source.start(one), -source.end(one))):
        if not context.kinds.targets(awaited) & colours.asynchronous:
            colours.awaits.discard(awaited)
        elif any(awaited in set(walk(outer)) for outer in found):
            continue
        elif awaited is node or _is_repeated(context, awaited, node):
            colours.awaits.discard(awaited)
            context.leave(module, node, "barrier", "an async function is called inside what must run in run_sync")
        else:
            found.append(awaited)
    return tuple(found)


def _is_repeated(context: Context, node: ast.expr, outermost: ast.expr) -> bool:
    """Whether an expression is evaluated with variables of a comprehension or lambda around it, or not always."""
    current: ast.AST | None = node
    while current is not None and current is not outermost:
        current = context.kinds.parents.get(current)
        if isinstance(current, ast.Lambda | ast.comprehension | ast.BoolOp | ast.IfExp):
            return True
        if isinstance(current, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            return True
    return False


def _grow(context: Context, node: ast.expr) -> ast.expr:
    """The smallest expression that can be evaluated as a whole: not the iterable of a comprehension's variable."""
    parents = context.kinds.parents
    current = node
    inside: ast.expr | None = node
    while inside is not None:
        parent = parents.get(inside)
        if isinstance(parent, ast.comprehension):
            parent = parents.get(parent)
        if isinstance(parent, ast.GeneratorExp):
            outer = parents.get(parent)
            current = outer if isinstance(outer, ast.Call) else parent
            inside = current
        elif _is_lazy(inside) and isinstance(parent, ast.Call) and inside in parent.args:
            # It calls what it is given only when somebody runs through it.
            current = inside = parent
        elif isinstance(parent, ast.keyword):
            outer = parents.get(parent)
            inside = outer if isinstance(outer, ast.expr) else None
        else:
            inside = parent if isinstance(parent, ast.expr) else None
    return current


def _is_lazy(node: ast.expr) -> bool:
    """Whether an expression is ``map(...)`` or ``filter(...)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("map", "filter")


def _is_inside(context: Context, node: ast.expr, placed: Mapping[ast.AST, tuple[ast.expr, ...]]) -> bool:
    """Whether an expression runs inside a bridge around it: what is awaited before a bridge does not."""
    passed: set[ast.AST] = set()
    current: ast.AST | None = node
    while current is not None and not isinstance(current, ast.stmt):
        passed.add(current)
        if current in placed:
            if not passed.intersection(placed[current]):
                return True
            passed.clear()
        current = context.kinds.parents.get(current)
    return False


def _session_in_scope(context: Context, unit: Function, node: ast.expr) -> str | None:
    """The text of a session that the unit can reach: in the expression, a name, or an attribute of ``self``."""
    kinds = context.kinds
    source = unit.module.source
    for inner in walk(node):
        if isinstance(inner, ast.Name | ast.Attribute) and _is_session(context, inner):
            return _session_text(context, source.segment(inner), inner)
    position = source.start(node)
    best: tuple[int, str] | None = None
    for one in own_nodes(unit.node):
        if isinstance(one, ast.Name | ast.Attribute) and _is_session(context, one):
            start = source.start(one)
            # The latest mention before the place: a name bound by then.
            if start < position and (best is None or start > best[0]):
                best = (start, _session_text(context, source.segment(one), one))
    if best is not None:
        return best[1]
    for parameter in unit.parameters:
        values = kinds.parameter(unit, parameter.name) | kinds.annotations.values(unit.module, parameter.annotation)
        if any(isinstance(value, Session) for value in values):
            return parameter.name
    if unit.owner is not None and unit.parameters:
        attribute = _session_attribute(context, frozenset({Instance(unit.owner)}))
        if attribute is not None:
            return f"{unit.parameters[0].name}.{attribute}"
    for parameter in unit.parameters:
        values = kinds.parameter(unit, parameter.name) | kinds.annotations.values(unit.module, parameter.annotation)
        attribute = _session_attribute(context, values)
        if attribute is not None:
            return f"{parameter.name}.{attribute}"
    for one in own_nodes(unit.node):
        if isinstance(one, ast.Name) and source.start(one) < source.end(node):
            attribute = _session_attribute(context, kinds.values(one))
            if attribute is not None:
                return f"{one.id}.{attribute}"
    return None


def _session_text(context: Context, text: str, node: ast.expr) -> str:
    """A scoped session has no ``run_sync``: the session in it has."""
    return text if context.kinds.is_a(node, Session) else f"{text}()"


def _session_attribute(context: Context, values: Values) -> str | None:
    """The attribute or property that gives a session, on instances of the application's classes."""
    kinds = context.kinds
    scoped: str | None = None
    for value in values:
        if not isinstance(value, Instance):
            continue
        for cls in kinds.classes.line(value.cls):
            for name in kinds.attributes(cls):
                held = kinds.attribute_values(cls, name)
                if any(isinstance(one, SessionFactory) and one.is_scoped for one in held):
                    # A scoped session has no ``run_sync``: the session in it has.
                    scoped = scoped or f"{name}()"
                elif any(isinstance(one, Session) for one in held):
                    return name
            for name, method in cls.functions.items():
                given = kinds.result(method) if "property" in kinds.fixtures.traits(method) else NOTHING
                if any(isinstance(one, Session) for one in given):
                    return name
    return scoped


def _is_session(context: Context, node: ast.expr) -> bool:
    values = context.kinds.behind_proxies(node)
    if not values or not all(isinstance(value, Session | SessionFactory) or is_mock(value) for value in values):
        return False
    return any(
        isinstance(value, Session) or (isinstance(value, SessionFactory) and value.is_scoped) for value in values
    )

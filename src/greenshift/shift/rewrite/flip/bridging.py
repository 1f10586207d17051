"""What stays sync runs inside ``run_sync``, and uses the sync session behind the async one."""

from __future__ import annotations

import ast

from greenshift.shift.colour import Bridge
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.touches import SESSION_SYNC_ONLY, touches
from greenshift.shift.kinds.values import (
    ClassValue,
    External,
    Instance,
    Session,
    SessionFactory,
    is_mock,
)
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.awaiting import list_generator_expressions, needs_parentheses

OF_THE_REGISTRY = {"remove", "configure", "session_factory", "registry", "sync_session"}
"""What a scoped session does itself, not the session in it."""


def fix_bridges(context: Context) -> None:
    """Bridge the expressions that the colouring found, and give sync code its sync session.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    inside: set[ast.AST] = set()
    for bridge in colours.bridges:
        inside.update(walk(bridge.node))
        _bridge(context, bridge)
    for function in colours.bridged if context.options.bridge != "none" else ():
        if in_flip(context, function.module):
            _use_sync_sessions(context, function)
    for function in colours.asynchronous | colours.entries:
        if in_flip(context, function.module) and not keeps_sessions(context.project, function.module):
            _sync_only_methods(context, function, inside)
    _count(context, inside)


def in_flip(context: Context, module: Module) -> bool:
    """Whether a module's sessions become async."""
    from greenshift.shift.colour.reach import in_reach

    return in_reach(context.project, module)


def _bridge(context: Context, bridge: Bridge) -> None:
    edits = context.edits(bridge.module)
    # A lambda hands on what its caller awaits.
    keyword = "" if isinstance(context.kinds.parents.get(bridge.node), ast.Lambda) else "await "
    names = [f"value{index + 1}" if index else "value" for index in range(len(bridge.awaited))]
    given = [edits.take(node, name) for node, name in zip(bridge.awaited, names, strict=True)]
    if bridge.session:
        before = f"{keyword}{bridge.session}.run_sync(lambda {', '.join(['_', *names])}: "
    else:
        spawn = context.imports(bridge.module).need("sqlalchemy.util", "greenlet_spawn")
        before = f"{keyword}{spawn}(lambda{' ' if names else ''}{', '.join(names)}: "
    # list() would ask for a length first, which the iteration does not.
    drained = "" if not bridge.is_drained else "list(iter(" if _has_length(context, bridge.node) else "list("
    before += drained
    wrapped = needs_parentheses(context, bridge.node)
    after = ")" * drained.count("(") + "".join(f", {text}" for text in given) + ("))" if wrapped else ")")
    edits.wrap(bridge.node, f"({before}" if wrapped else before, after)
    outside = {inner for node in bridge.awaited for inner in walk(node)}
    for node in walk(bridge.node):
        if isinstance(node, ast.Lambda) or node in outside:
            continue
        named = isinstance(node, ast.Name | ast.Attribute) and not _is_own(context, node)
        if named and _is_session(context, node) and _is_used(context, node):  # type: ignore[arg-type]
            _add_sync_session(context, bridge.module, node)
    list_generator_expressions(context, bridge.module, bridge.node)


def _has_length(context: Context, node: ast.expr) -> bool:
    """Whether an object of the application has a ``__len__``."""
    classes = context.kinds.classes
    return any(
        isinstance(value, Instance) and classes.method(value.cls, "__len__") is not None
        for value in context.kinds.values(node)
    )


def _is_own(context: Context, node: ast.expr) -> bool:
    """Whether a name is a parameter of a lambda inside the expression: it receives what is sync already."""
    unit = context.kinds.unit(node)
    return (
        isinstance(unit, Function)
        and unit.is_lambda
        and isinstance(node, ast.Name)
        and any(one.name == node.id for one in unit.parameters)
    )


def _is_session(context: Context, node: ast.expr) -> bool:
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    if isinstance(node, ast.Attribute) and node.attr == "sync_session":
        return False
    values = context.kinds.behind_proxies(node)
    return (
        bool(values)
        and any(isinstance(value, Session) and not value.is_async for value in values)
        and all(isinstance(value, Session) or is_mock(value) for value in values)
    )


def _is_used(context: Context, node: ast.expr) -> bool:
    """Whether sync code uses a session here: calls its methods, names it, or gives it to a function that stays sync.

    A constructor keeps what it is given, so that it is given the async session.
    """
    colours = context.colours
    assert colours is not None
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.Attribute):
        return True
    if isinstance(parent, ast.Assign | ast.AnnAssign | ast.NamedExpr):
        targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
        return all(isinstance(target, ast.Name) for target in targets)
    if isinstance(parent, ast.keyword):
        parent = context.kinds.parents.get(parent)
    if not isinstance(parent, ast.Call):
        return False
    targets_of = context.kinds.targets(parent)
    if not targets_of:
        # A function of a library, or one that nothing is known of, in sync code; no class of the application.
        return not context.kinds.is_a(parent.func, ClassValue)
    return any(one in colours.bridged and one.name != "__init__" for one in targets_of)


def _is_kept(context: Context, node: ast.Name) -> bool:
    """Whether a session is given to a constructor of the application."""
    if not _is_session(context, node):
        return False
    parent = context.kinds.parents.get(node)
    if isinstance(parent, ast.keyword):
        parent = context.kinds.parents.get(parent)
    return isinstance(parent, ast.Call) and node is not parent.func and context.kinds.is_a(parent.func, ClassValue)


def _use_sync_sessions(context: Context, function: Function) -> None:
    """In a function that stays sync: sessions that come from elsewhere than its parameters are async by now."""
    # What a constructor is given it may keep, for methods that are async: it gets the async session itself.
    own = set() if function.name == "__init__" else {parameter.name for parameter in function.parameters}
    nodes = own_nodes(function.node)
    own |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        named = isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id not in own)
        if isinstance(node, ast.Name) and node.id in own and _is_kept(context, node):
            # What keeps a session keeps the async one, whoever makes it.
            bound = context.imports(function.module).need("sqlalchemy.ext.asyncio", "async_session")
            context.edits(function.module).wrap(node, f"{bound}(", ")")
            continue
        used = named and isinstance(node, ast.expr) and _is_session(context, node) and _is_used(context, node)
        if used or _makes_session(context, node):
            _add_sync_session(context, function.module, node)
        elif isinstance(node, ast.Attribute) and _is_scoped(context, node.value) and node.attr not in OF_THE_REGISTRY:
            _add_sync_session(context, function.module, node.value, "().sync_session")


def _is_scoped(context: Context, node: ast.expr) -> bool:
    """Whether an expression is a scoped session, that passes what is asked of it on to the current session."""
    return any(
        isinstance(value, SessionFactory) and value.is_scoped and not value.is_async
        for value in context.kinds.values(node)
    )


def _is_session_value(context: Context, node: ast.expr) -> bool:
    values = context.kinds.behind_proxies(node)
    return bool(values) and all(isinstance(value, Session) and not value.is_async for value in values)


def _makes_session(context: Context, node: ast.AST) -> bool:
    """Whether a call makes a session: by then it makes an async one."""
    if isinstance(node, ast.Call) and not node.args and not node.keywords and _is_session_value(context, node):
        # A function of the application that makes one, and has nothing to be bridged itself.
        made_by = context.kinds.targets(node)
        colours = context.colours
        if made_by and colours is not None:
            return all(not one.is_async and one.owner is None and one not in colours.bridged for one in made_by)
    return isinstance(node, ast.Call) and any(
        isinstance(value, SessionFactory) or (isinstance(value, External) and value.name.endswith(".Session"))
        for value in context.kinds.values(node.func)
    )


def _sync_only_methods(context: Context, function: Function, inside: set[ast.AST]) -> None:
    """``session.query`` of a query that stays one: it is made on the sync session, and run through a bridge."""
    for node in own_nodes(function.node):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in SESSION_SYNC_ONLY
            and node not in inside
            and isinstance(node.func.value, ast.Name | ast.Attribute)
            and _is_session(context, node.func.value)
        ):
            _add_sync_session(context, function.module, node.func.value)


def _add_sync_session(context: Context, module: Module, node: ast.AST, text: str = ".sync_session") -> None:
    parent = context.kinds.parents.get(node)
    if "sync_session" in (getattr(node, "attr", ""), getattr(parent, "attr", "")):
        # It is written so already: by hand, or by an earlier run.
        return
    edits = context.edits(module)
    # A key function inside a bridged call is reached twice.
    if not edits.has_after(node, text):
        edits.insert_after(node, text)


def _count(context: Context, inside: set[ast.AST]) -> None:
    colours = context.colours
    assert colours is not None
    for module in context.project.modules:
        if not in_flip(context, module) or keeps_sessions(context.project, module):
            continue
        for touch in touches(context.kinds, module):
            if touch.what in ("client", "factory"):
                continue
            unit = context.kinds.unit(touch.node)
            if touch.form == "bridge" or unit in colours.bridged or touch.node in inside:
                context.count("bridged")
            elif colours.is_async(unit) or (isinstance(unit, Module) and touch.form == "other"):
                context.count("native")
            else:
                context.count("left")

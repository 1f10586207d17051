"""Which session executes a statement: the expression for it where the statement is executed."""

from __future__ import annotations

import ast
from weakref import WeakKeyDictionary

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Instance, Query, Session, SessionFactory, Values
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import Group, LeaveError

_BINDINGS: WeakKeyDictionary[Function, dict[str, int]] = WeakKeyDictionary()


def session_text(group: Group, node: ast.expr, module: Module) -> str:
    """Return the text of the session with which a query is to be executed.

    Args:
        group: The query's group.
        node: The query, where it is executed.
        module: The module in which that is.

    Raises:
        LeaveError: No session is sure to be the query's own.
    """
    site = group.site_below(node)
    if site is not None:
        expression = site_session(site)
        if not _is_plain(expression):
            raise LeaveError("its session is an expression of several parts", site)
        return module.source.segment(expression)
    return _of_creation(group, node, module) or _of_maker(group, node) or _in_scope(group, node)


def site_session(site: ast.Call) -> ast.expr:
    """Return the expression on which ``query`` is called.

    Raises:
        LeaveError: It is called on nothing: ``Query(...)``.
    """
    if not isinstance(site.func, ast.Attribute):
        raise LeaveError("it is made by Query(...) without a session", site)
    return site.func.value


def _is_plain(node: ast.expr) -> bool:
    """Whether an expression is a dotted name, or such a thing called without arguments."""
    while True:
        if isinstance(node, ast.Name):
            return True
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call) and not node.keywords and all(isinstance(a, ast.Name) for a in node.args):
            node = node.func
        else:
            return False


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return None if base is None else f"{base}.{node.attr}"
    return None


def _of_creation(group: Group, node: ast.expr, module: Module) -> str | None:
    """The session on which the query was made, where its name means the same there and here."""
    kinds = group.context.kinds
    here = kinds.unit(node)
    reaching = {getattr(value, "site", None) for value in kinds.values(node)}
    texts: set[str | None] = set()
    for site, where in group.sites:
        if site in reaching:
            there = kinds.unit(site)
            expression = site_session(site)
            near = where is module and (there is here or _encloses(there, here))
            if not near:
                expression = _global_expression(expression, there)
            texts.add(_dotted(expression) if _is_stable(group, expression) else None)
            root = (_dotted(expression) or "").partition(".")[0]
            if where is not module or there is None or (there is not here and binds(here, root)):
                return None
            # A name of the module is the same in all of its functions that do not bind it themselves.
            if (near and binds(there, root) > 1) or (not near and (binds(there, root) or _is_enclosed(there, root))):
                return None
    return next(iter(texts)) if len(texts) == 1 else None


def _global_expression(node: ast.expr, unit: object) -> ast.expr:
    """What a local name stands for, if it is assigned once (``db = extensions.session``)."""
    if isinstance(node, ast.Name) and isinstance(unit, Function) and binds(unit, node.id) == 1:
        for statement in own_nodes(unit.node):
            if isinstance(statement, ast.Assign) and any(
                isinstance(one, ast.Name) and one.id == node.id for one in statement.targets
            ):
                return statement.value
    return node


def _is_stable(group: Group, node: ast.expr) -> bool:
    """Whether an expression gives the same session each time: no property behind it makes a new one."""
    kinds = group.context.kinds
    for each in walk(node):
        for function in kinds.targets(each):
            for statement in own_nodes(function.node):
                value = statement.value if isinstance(statement, ast.Return) else None
                if isinstance(value, ast.Call) and any(
                    isinstance(one, SessionFactory) and not one.is_scoped for one in kinds.values(value.func)
                ):
                    return False
    return True


def _of_maker(group: Group, node: ast.expr) -> str | None:
    """The session of the object whose method gave the query: ``service.find().count()`` runs on ``service.db``."""
    call = _giving_call(group, node)
    kinds = group.context.kinds
    if call is None or not isinstance(call.func, ast.Attribute):
        return None
    text = _dotted(call.func.value)
    owners = {value.cls for value in kinds.values(call.func.value) if isinstance(value, Instance)}
    reaching = {getattr(value, "site", None) for value in kinds.values(node)}
    found: set[str | None] = set()
    for site, _ in group.sites:
        if site in reaching:
            there = kinds.unit(site)
            expression = site_session(site)
            own = there.owner if isinstance(there, Function) else None
            receiver = there.parameters[0].name if isinstance(there, Function) and there.parameters else ""
            is_own = own is not None and any(own in kinds.classes.line(cls) for cls in owners)
            is_kept = isinstance(expression, ast.Attribute) and _dotted(expression.value) == receiver
            found.add(getattr(expression, "attr", None) if is_own and is_kept else None)
    if text is None or len(owners) != 1 or len(found) != 1:
        return None
    attribute = found.pop()
    return f"{text}.{attribute}" if attribute is not None else None


def _giving_call(group: Group, node: ast.expr) -> ast.Call | None:
    """The call that gave the query on which a chain of methods is built, also through a variable assigned once."""
    kinds = group.context.kinds
    for _ in range(20):
        if isinstance(node, ast.Name):
            unit = kinds.unit(node)
            if binds(unit, node.id) != 1:
                return None
            value = _global_expression(node, unit)
            if value is node:
                return None
            node = value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if not kinds.is_a(node.func.value, Query):
                return node
            node = node.func.value
        else:
            return None
    return None


def _encloses(outer: object, inner: object) -> bool:
    while isinstance(inner, Function):
        inner = inner.parent
        if inner is outer:
            return inner is not None
    return False


def _is_enclosed(unit: object, name: str) -> bool:
    """Whether a function around one binds a name."""
    parent = unit.parent if isinstance(unit, Function) else None
    while parent is not None:
        if binds(parent, name):
            return True
        parent = parent.parent
    return False


def binds(unit: object, name: str) -> int:
    """Return how often a function binds a name: as parameter or by assignments."""
    return _bindings(unit).get(name, 0) if isinstance(unit, Function) else 0


def _bindings(function: Function) -> dict[str, int]:
    found = _BINDINGS.get(function)
    if found is not None:
        return found
    found = _BINDINGS[function] = {}
    for parameter in function.parameters:
        found[parameter.name] = found.get(parameter.name, 0) + 1
    for node in own_nodes(function.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            found[node.id] = found.get(node.id, 0) + 1
    return found


def _in_scope(group: Group, node: ast.expr) -> str:
    """The one session that the function can name: a parameter, or an attribute of ``self``."""
    kinds = group.context.kinds
    unit = kinds.unit(node)
    if not isinstance(unit, Function):
        raise LeaveError("it is executed where its session has no name", node)
    names: list[str] = []
    for parameter in unit.parameters:
        values = kinds.parameter(unit, parameter.name) | kinds.annotations.values(unit.module, parameter.annotation)
        if _are_sessions(values) and binds(unit, parameter.name) == 1:
            names.append(parameter.name)
    if not names and unit.owner is not None and unit.parameters and not _is_static(group.context, unit):
        own = unit.parameters[0].name
        names = [f"{own}.{name}" for name in _session_attributes(group.context, unit.owner)]
    if len(names) != 1:
        several = "several sessions" if names else "no session"
        raise LeaveError(f"{several} in scope where it is executed", node)
    return names[0]


def _is_static(context: Context, function: Function) -> bool:
    return bool(context.kinds.fixtures.traits(function) & {"staticmethod", "classmethod"})


def _are_sessions(values: Values) -> bool:
    known = [value for value in values if isinstance(value, Session | SessionFactory | Instance)]
    return bool(known) and all(isinstance(value, Session) for value in known)


def _session_attributes(context: Context, cls: Class) -> list[str]:
    """The attributes of a class's instances that hold sessions."""
    kinds = context.kinds
    found: list[str] = []
    for one in kinds.classes.line(cls):
        for method in one.all_functions:
            if not method.parameters:
                continue
            own = method.parameters[0].name
            for node in walk(method.node):
                if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                    # What is stored is known by its value, not by the target.
                    targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
                    named = [one for one in targets if isinstance(one, ast.Attribute)]
                    values = kinds.values(node.value)
                elif isinstance(node, ast.Attribute):
                    named, values = [node], kinds.values(node)
                else:
                    continue
                for each in named:
                    of_self = isinstance(each.value, ast.Name) and each.value.id == own
                    if of_self and each.attr not in found and _are_sessions(values):
                        found.append(each.attr)
    return found

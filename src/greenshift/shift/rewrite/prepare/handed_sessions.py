"""A test's session handed to the application: it holds what a request's own session would not."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import FunctionValue, Session
from greenshift.shift.loading.keys import got_by_key
from greenshift.shift.project import Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import free_name, insert_definition, top_statement

OVERRIDES = "dependency_overrides"
NAMES = ("as_in_a_new_session", "as_in_a_session_of_its_own")


def renew_handed_sessions(context: Context) -> None:
    """Expire the relationships in a session that an override of a dependency hands to the application.

    A commit expired them before. A session that no commit expires goes on showing the collections that a fixture
    loaded, where the application in production, with a new session for every request, loads them. Columns are not
    expired: tests go on reading them. What the application gets by key where no ``select`` can stand is left as it is:
    ``get`` gives it as the session holds it, and loads nothing.

    Args:
        context: The stage's context; the session factories have been looked at already.
    """
    if not context.counts.get("expire_on_commit"):
        return
    kept = got_by_key(context.kinds)
    if kept is None:
        return
    for module in context.project.modules:
        handed = [node for function in _overrides(context, module) for node in _handed(context, function)]
        first = min(handed, key=lambda node: (node.lineno, node.col_offset), default=None)
        before = None if first is None else top_statement(context, first)
        if before is None:
            continue
        name = free_name(module, *NAMES)
        insert_definition(context, module, before, _definition(context, module, name, kept))
        for node in dict.fromkeys(handed):
            context.edits(module).wrap(node, f"{name}(", ")")
            context.count("sessions handed on")


def _overrides(context: Context, module: Module) -> list[Function]:
    """The functions of a module that stand for dependencies in the tests."""
    kinds, found = context.kinds, list[Function]()
    for other in context.project.modules:
        if OVERRIDES not in other.source.text:
            continue
        for node in kinds.nodes(other):
            for value in _registered(node):
                functions = set(kinds.references.get(value, ()))
                functions |= {one.function for one in kinds.values(value) if isinstance(one, FunctionValue)}
                if isinstance(value, ast.Lambda):
                    function = other.by_node.get(value)
                    functions |= {function} if isinstance(function, Function) else set()
                found += [one for one in functions if one.module is module and one not in found]
    return found


def _registered(node: ast.AST) -> list[ast.expr]:
    """What a node registers: ``app.dependency_overrides[get_db] = value``, ``.update({get_db: value})``."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Subscript) and _is_overrides(target.value):
                return [node.value]
            if _is_overrides(target) and isinstance(node.value, ast.Dict):
                return node.value.values
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_overrides(node.func.value):
        if node.func.attr == "update":
            return [value for one in node.args if isinstance(one, ast.Dict) for value in one.values]
        if node.func.attr in ("setdefault", "__setitem__"):
            return node.args[1:]
    return []


def _is_overrides(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == OVERRIDES


def _handed(context: Context, function: Function) -> list[ast.expr]:
    """The expressions of an override that give a session which was there before the request."""
    nodes = own_nodes(function.node)
    own = {one.name for one in function.parameters} | {
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    given: list[ast.expr | None]
    if isinstance(function.node, ast.Lambda):
        given = [function.node.body]
    else:
        given = [node.value for node in nodes if isinstance(node, ast.Yield | ast.Return)]
    return [node for node in given if node is not None and _is_old(context, node, own)]


def _is_old(context: Context, node: ast.expr, own: set[str]) -> bool:
    root = node
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name) or root.id in own:
        return False
    values = context.kinds.behind_proxies(node)
    return bool(values) and all(isinstance(value, Session) and not value.is_async for value in values)


def _definition(context: Context, module: Module, name: str, kept: set[str]) -> str:
    imports = context.imports(module)
    inspect = imports.need("sqlalchemy", "inspect")
    sqlmodel = any(one.module == "sqlmodel" and one.name == "Session" for one in module.imports.values())
    session = imports.need("sqlmodel" if sqlmodel else "sqlalchemy.orm", "Session")
    listed = "".join(f'"{one}", ' for one in sorted(kept)).removesuffix(", ")
    return "\n".join(
        [
            f"def {name}(session: {session}) -> {session}:",
            '    """Have relationships loaded anew: a request\'s own session would not hold what tests loaded."""',
            "    changed = session.dirty",
            "    for instance in session.identity_map.values():",
            "        if instance not in changed"
            + (f" and type(instance).__name__ not in {{{listed}}}:" if kept else ":"),
            f"            state = {inspect}(instance)",
            "            for relationship in set(state.mapper.relationships.keys()) - state.unloaded:",
            "                session.expire(instance, [relationship])",
            "    return session",
        ]
    )

"""Functions that execute a query they are given, without a session: they get a parameter for it."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import Query
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import Group, LeaveError
from greenshift.shift.rewrite.modernize.session import session_text

NAMES = ("session", "db_session", "sql_session")
DECORATORS = {"staticmethod", "classmethod"}


class Lending:
    """Gives functions a session parameter, and their callers the argument for it.

    Args:
        group: The group of queries that is converted.
    """

    def __init__(self, group: Group) -> None:
        self._group = group
        self._names: dict[Function, str] = {}
        self._modules = {module for _, module in group.nodes}

    def session(self, node: ast.expr, module: Module) -> str:
        """Return the text of the session with which a query is executed, by a new parameter if there is none.

        Raises:
            LeaveError: There is none, and not all callers could give one.
        """
        unit = self._group.context.kinds.unit(node)
        if isinstance(unit, Function) and unit in self._names:
            return self._names[unit]
        try:
            return session_text(self._group, node, module)
        except LeaveError:
            if not isinstance(unit, Function) or self._group.site_below(node) is not None:
                raise
            if not self._can_lend(unit):
                raise
            return self._lend(unit, node)

    def _can_lend(self, function: Function) -> bool:
        kinds = self._group.context.kinds
        if isinstance(function.node, ast.Lambda) or function.parent is not None or function.node.args.kwarg:
            return False
        if function.module.is_test or not function.parameters or function.name.startswith("__"):
            return False
        if any(not isinstance(one, ast.Name) or one.id not in DECORATORS for one in function.decorators):
            return False
        if function.owner is not None:
            line = kinds.classes.line(function.owner)[1:]
            if kinds.classes.overriding(function.owner, function.name) or any(
                function.name in one.functions for one in line
            ):
                return False
        last = _last_part(function.node)
        return last is not None and _ends_plainly(function.module, last)

    def _lend(self, function: Function, node: ast.expr) -> str:
        context = self._group.context
        name = _free_name(context, function)
        if name is None:
            raise LeaveError("no session in scope where it is executed", node)
        self._names[function] = name
        calls = _calls_of(context, function)
        if not calls:
            raise LeaveError("no session in scope where it is executed", node)
        for call, module in calls:
            self._give(call, module, name, node)
        definition = function.node
        last = _last_part(definition)
        if isinstance(definition, ast.Lambda) or last is None or function.module not in self._modules:
            raise LeaveError("no session in scope where it is executed", node)
        session = context.imports(function.module).need("sqlalchemy.orm", "Session")
        star = "" if definition.args.kwonlyargs or definition.args.vararg else "*, "
        context.edits(function.module).insert_after(last, f", {star}{name}: {session}")
        return name

    def _give(self, call: ast.Call, module: Module, name: str, node: ast.expr) -> None:
        kinds = self._group.context.kinds
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        query = next((one for one in given if self._is_ours(one)), None)
        if query is None or module not in self._modules or len(kinds.targets(call)) != 1:
            raise LeaveError("no session in scope where it is executed", node)
        last = max(given, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0))
        if isinstance(last, ast.GeneratorExp) or not _ends_plainly(module, last, module.source.end(call)):
            raise LeaveError("no session in scope where it is executed", node)
        self._group.context.edits(module).insert_after(last, f", {name}={self.session(query, module)}")

    def _is_ours(self, node: ast.expr) -> bool:
        sites = self._group.site_set
        values = self._group.context.kinds.values(node)
        return any(isinstance(value, Query) and value.site in sites for value in values)


def _calls_of(context: Context, function: Function) -> list[tuple[ast.Call, Module]]:
    """The calls of a function, if it is used in no other way; else nothing."""
    kinds = context.kinds
    found: list[tuple[ast.Call, Module]] = []
    for node in kinds.mentions.get(function, ()):
        call = kinds.parents.get(node)
        if not isinstance(call, ast.Call) or call.func is not node or kinds.targets(call) != {function}:
            return []
        found.append((call, kinds.module_by_node[call]))
    calls = {call for call, _ in found}
    if any(node not in calls for node in kinds.invoked_at.get(function, ())):
        return []
    found.sort(key=lambda one: (one[1].file, one[0].lineno, one[0].col_offset))
    return found


def _free_name(context: Context, function: Function) -> str | None:
    taken = {node.id for node in walk(function.node) if isinstance(node, ast.Name)}
    taken |= {parameter.name for parameter in function.parameters}
    return next((name for name in NAMES if name not in taken), None)


def _last_part(node: ast.AST) -> ast.AST | None:
    """What stands last in a function's list of parameters."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    arguments = node.args
    parts: list[ast.AST] = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *arguments.defaults]
    parts += [one for one in (*arguments.kw_defaults, arguments.vararg) if one is not None]
    return max(parts, key=lambda one: (one.end_lineno, one.end_col_offset)) if parts else None  # type: ignore[attr-defined]


def _ends_plainly(module: Module, node: ast.AST, end: int | None = None) -> bool:
    """Whether text put behind a node lands in the list of arguments itself, not in brackets of the node's own.

    Args:
        module: The module.
        node: The last argument or parameter.
        end: Where the call ends; None for a definition, whose list is followed by a colon or an arrow.
    """
    text = module.source.text
    after = module.source.end(node)
    rest = text[after:end] if end is not None else text[after : after + 400]
    rest = "\n".join(line.partition("#")[0] for line in rest.split("\n")).lstrip(" \t\n,")
    if end is not None:
        return rest.strip() == ")"
    return rest.startswith(")") and rest[1:].lstrip().startswith((":", "->"))

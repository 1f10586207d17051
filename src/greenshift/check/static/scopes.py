"""How often the code at a place runs: at import, once, in each request, in tests."""

from __future__ import annotations

import ast
from typing import Final

from greenshift.check.facts.engine import Scope
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static.bindings import dotted
from greenshift.check.static.decorations import decorated_scope
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.objects import FunctionObject
from greenshift.check.static.parameters import calls_function

# What hands a function to a framework, which then calls it in each request: the names, and the argument.
_REQUEST_CALLS: Final = {
    "Depends": (0, "dependency"),
    "Security": (0, "dependency"),
    "Provide": (0, "dependency"),
    "Route": (1, "endpoint"),
    "WebSocketRoute": (1, "endpoint"),
    "add_api_route": (1, "endpoint"),
    "add_api_websocket_route": (1, "endpoint"),
    "add_url_rule": (2, "view_func"),
    "before_request": (0, "f"),
    "teardown_appcontext": (0, "f"),
}
_MOST_CALLERS: Final = 24


class Scopes:
    """Tells how often code runs.

    Args:
        evaluator: follows calls and references to functions.
    """

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._known: dict[FunctionNode, Scope] = {}
        self._request: set[ast.AST] | None = None

    def of(self, file: SourceFile, node: ast.expr) -> Scope:
        """Return how often an expression runs.

        Args:
            file: where it stands.
            node: the expression.
        """
        if file.is_test:
            return Scope.TEST
        if _is_migration(file) or _is_main(file, node):
            return Scope.SCRIPT
        function = self._evaluator.enclosing(file, node)
        if function is None:
            return Scope.MODULE
        own = self._function(file, function, frozenset())
        if own in (Scope.REQUEST, Scope.FUNCTION, Scope.TASK) and _is_guarded(file, node, function):
            return Scope.CACHED
        return own

    def _function(self, file: SourceFile, function: FunctionNode, above: frozenset[ast.AST]) -> Scope:
        known = self._known.get(function)
        if known is not None:
            return known
        if function in above:
            return Scope.FUNCTION
        scope = decorated_scope(file, function)
        if scope is None and function in self._handed_over():
            scope = Scope.REQUEST
        if scope is None:
            scope = self._by_callers(file, function, above | {function})
        if not above:
            self._known[function] = scope
        return scope

    def _by_callers(self, file: SourceFile, function: FunctionNode, above: frozenset[ast.AST]) -> Scope:
        owner = file.parent(function)
        name = owner.name if isinstance(owner, ast.ClassDef) and function.name == "__init__" else function.name
        sites = self._evaluator.indexes.calls_named(name)
        if len(sites) > _MOST_CALLERS:
            return Scope.FUNCTION
        found: set[Scope] = set()
        for caller, call in sites:
            if not calls_function(self._evaluator, caller, call, function):
                continue
            if caller.is_test:
                found.add(Scope.TEST)
            elif _is_migration(caller) or _is_main(caller, call):
                found.add(Scope.SCRIPT)
            else:
                around = self._evaluator.enclosing(caller, call)
                if around is None:
                    found.add(Scope.MODULE)
                    continue
                scope = self._function(caller, around, above)
                is_guarded = scope in (Scope.REQUEST, Scope.FUNCTION, Scope.TASK) and _is_guarded(caller, call, around)
                found.add(Scope.CACHED if is_guarded else scope)
        return _together(found)

    def _handed_over(self) -> set[ast.AST]:
        """The functions that a framework calls in each request, because they are handed to it."""
        if self._request is None:
            self._request = set()
            for name, (position, keyword) in _REQUEST_CALLS.items():
                for file, call in self._evaluator.indexes.calls_named(name):
                    given = call.args[position] if position < len(call.args) else None
                    given = given or next((item.value for item in call.keywords if item.arg == keyword), None)
                    if given is None:
                        continue
                    for option in self._evaluator.value(file, given).options:
                        if isinstance(option.value, FunctionObject):
                            self._request.add(option.value.node)
        return self._request


def _together(found: set[Scope]) -> Scope:
    if len(found) > 1:
        found.discard(Scope.TEST)
    for scope in (Scope.REQUEST, Scope.TASK, Scope.FUNCTION):
        if scope in found:
            return scope
    if len(found) > 1:
        found.discard(Scope.SCRIPT)
    return found.pop() if len(found) == 1 else (Scope.CACHED if found else Scope.FUNCTION)


def _is_migration(file: SourceFile) -> bool:
    name = file.path.rpartition("/")[2]
    return "alembic" in file.text and (name == "env.py" or "/versions/" in file.path)


def _is_main(file: SourceFile, node: ast.AST) -> bool:
    """Whether code stands under ``if __name__ == "__main__"``."""
    above = file.parent(node)
    while above is not None:
        if isinstance(above, ast.If) and isinstance(above.test, ast.Compare):
            sides = [above.test.left, *above.test.comparators]
            if any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides):
                return True
        above = file.parent(above)
    return False


def _is_guarded(file: SourceFile, node: ast.expr, function: FunctionNode) -> bool:
    """Whether what an expression makes is kept where the next call finds it: a global, an attribute asked first."""
    inner: ast.AST = node
    above = file.parent(inner)
    while above is not None and not isinstance(above, ast.stmt):
        inner, above = above, file.parent(above)
    if isinstance(above, ast.Assign):
        targets = above.targets
    elif isinstance(above, ast.AnnAssign):
        targets = [above.target]
    else:
        return False
    for target in targets:
        kept = target.value if isinstance(target, ast.Subscript) else target
        path = dotted(kept)
        if path is None:
            continue
        if path in _globals(file, function) or ".state." in f".{path}":
            return True
        if ("." in path or isinstance(target, ast.Subscript)) and _is_asked(file, above, path):
            return True
    return False


def _globals(file: SourceFile, function: FunctionNode) -> set[str]:
    return {name for node in ast.walk(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}


def _is_asked(file: SourceFile, node: ast.AST, path: str) -> bool:
    """Whether a condition around a statement, or one before it that returns, asks for what the statement keeps."""
    last = path.rpartition(".")[2]
    inner, above = node, file.parent(node)
    while above is not None and not isinstance(inner, FunctionNode):
        conditions = [above.test] if isinstance(above, ast.If) else []
        for statement in getattr(above, "body", ()) if isinstance(getattr(above, "body", None), list) else ():
            if statement is inner:
                break
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Return):
                conditions.append(statement.test)
        for condition in conditions:
            for part in ast.walk(condition):
                if isinstance(part, ast.Name | ast.Attribute) and dotted(part) == path:
                    return True
                if isinstance(part, ast.Constant) and part.value == last:  # hasattr(self, "engine")
                    return True
        inner, above = above, file.parent(above)
    return False

"""What a function's decorators, class and name say of how often it runs."""

from __future__ import annotations

import ast
from typing import Final

from greenshift.check.facts.engine import Scope
from greenshift.check.source.source_file import FunctionNode, SourceFile

_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace", "route", "websocket"})
_ROUTES: Final = frozenset(
    {"api_route", "websocket_route", "websocket_listener", "before_request", "after_request", "teardown_request"}
)
_STARTS: Final = frozenset({"on_event", "before_first_request", "before_serving", "worker_process_init", "on_startup"})
_TASKS: Final = frozenset({"task", "shared_task", "actor", "scheduled_job", "periodic_task", "job"})
_COMMANDS: Final = frozenset({"command", "group"})
_CACHES: Final = frozenset({"cache", "lru_cache", "cached", "cached_property", "alru_cache", "singleton", "once"})
_VIEWS: Final = frozenset({"MethodView", "Resource", "HTTPEndpoint", "WebSocketEndpoint", "View", "Controller"})
_MIDDLEWARE: Final = ("dispatch", "__call__")


def decorated_scope(file: SourceFile, function: FunctionNode) -> Scope | None:
    """Return how often a function runs, if its decorators or its class say it.

    Args:
        file: where it is.
        function: the function.
    """
    for decorator in function.decorator_list:
        scope = _by_decorator(file, decorator)
        if scope is not None:
            return scope
    owner = file.parent(function)
    if isinstance(owner, ast.ClassDef):
        bases = {(file.name(base) or "").rpartition(".")[2] for base in owner.bases}
        if bases & _VIEWS and function.name in _VERBS | {"on_receive", "on_connect", "dispatch_request"}:
            return Scope.REQUEST
        if any(base.endswith("Middleware") for base in bases) and function.name in _MIDDLEWARE:
            return Scope.REQUEST
    if "lifespan" in function.name:
        return Scope.CACHED
    return None


def _by_decorator(file: SourceFile, decorator: ast.expr) -> Scope | None:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = file.name(called) or (called.attr if isinstance(called, ast.Attribute) else "")
    library, last = name.partition(".")[0], name.rpartition(".")[2]
    if last == "fixture":
        return Scope.TEST
    if last in _CACHES:
        return Scope.CACHED
    if last in _STARTS or any(part in _STARTS for part in name.split(".")):
        return Scope.CACHED
    if last in _ROUTES or (last in _VERBS and _is_route(decorator, library)):
        return Scope.REQUEST
    if last in _TASKS and (isinstance(called, ast.Attribute) or library in ("celery", "dramatiq", "rq", "huey")):
        return Scope.TASK
    if last in _COMMANDS:
        return Scope.SCRIPT
    if last == "middleware":
        return Scope.REQUEST
    return None


def _is_route(decorator: ast.expr, library: str) -> bool:
    if not isinstance(decorator, ast.Call):
        return library == "litestar"
    first = decorator.args[0] if decorator.args else None
    first = first or next((keyword.value for keyword in decorator.keywords if keyword.arg in ("path", "rule")), None)
    if isinstance(first, ast.Constant):
        return isinstance(first.value, str) and (first.value.startswith("/") or first.value == "")
    return library == "litestar" or isinstance(first, ast.JoinedStr | ast.Name | ast.BinOp | ast.Attribute)

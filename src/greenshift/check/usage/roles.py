"""What functions are for: routes, dependencies, tasks and jobs, which run again and again.

A task runs many times in one process; a job has a process of its own each time (RQ).
"""

from __future__ import annotations

import ast
from typing import Final, Literal

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.names import Definition, Names

Role = Literal["route", "dependency", "task", "job", "thread"]

_ROUTES: Final = frozenset(
    ["get", "post", "put", "patch", "delete", "head", "options", "websocket", "route", "api_route", "websocket_route"]
)
_LITESTAR: Final = "litestar"
_TASKS: Final = frozenset(
    ["task", "shared_task", "periodic_task", "actor", "cron", "scheduled_job", "job", "db_task", "huey_task"]
)
_TASK_LIBRARIES: Final = ("celery", "dramatiq", "rq", "huey", "apscheduler", "procrastinate", "taskiq", "arq")


class Roles:
    """The roles of a program's functions.

    Args:
        names: what the program's names mean.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._found: dict[FunctionNode, Role] = {}
        for file, function in names.definitions():
            role = _decorated(file, function)
            if role is not None:
                self._found[function] = role
        for file in names.program.files:
            for call in file.nodes(ast.Call):
                self._given(file, call)

    def of(self, function: FunctionNode) -> Role | None:
        """Return a function's role; None if it has none that is known.

        Args:
            function: the function.
        """
        return self._found.get(function)

    def _given(self, file: SourceFile, call: ast.Call) -> None:
        """Note the functions that a call hands over to be called."""
        last = (file.name(call.func) or "").rpartition(".")[2]
        if last in ("Depends", "Security"):
            self._note(file, next(iter([*call.args, *_keyword(call, "dependency")]), None), "dependency")
        elif last in ("Thread", "Timer"):
            self._note(file, next(iter([*_keyword(call, "target"), *call.args[1:2]]), None), "thread")
        elif last in ("add_api_route", "add_route", "add_url_rule", "add_api_websocket_route"):
            for argument in [*call.args[1:], *_keyword(call, "endpoint"), *_keyword(call, "view_func")]:
                self._note(file, argument, "route")
        elif last == "add_job":
            self._note(file, next(iter([*call.args, *_keyword(call, "func")]), None), "task")
        elif last in ("enqueue", "enqueue_call") and call.args:
            self._note(file, call.args[0], "job")

    def _note(self, file: SourceFile, node: ast.expr | None, role: Role) -> None:
        found: Definition | None = self._names.function(file, node) if node is not None else None
        if found is not None:
            self._found.setdefault(found[1], role)


def _decorated(file: SourceFile, function: FunctionNode) -> Role | None:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = file.name(target) or (target.attr if isinstance(target, ast.Attribute) else "")
        last = dotted.rpartition(".")[2]
        if last in _TASKS and (
            isinstance(target, ast.Attribute) or dotted.partition(".")[0] in _TASK_LIBRARIES or last == "shared_task"
        ):
            return "job" if last == "job" else "task"
        of_web = isinstance(target, ast.Attribute) or dotted.startswith(_LITESTAR)
        if last in _ROUTES and of_web and _has_path(decorator):
            return "route"
    return None


def _has_path(decorator: ast.expr) -> bool:
    """Whether a decorator names a path, as routes do (``@app.get("/")``), or is Litestar's, which may name none."""
    if not isinstance(decorator, ast.Call):
        return False
    given = [*decorator.args[:1], *_keyword(decorator, "path")]
    return not given or any(
        not isinstance(path, ast.Constant) or (isinstance(path.value, str) and path.value[:1] in ("", "/"))
        for path in given
    )


def _keyword(call: ast.Call, name: str) -> list[ast.expr]:
    return [keyword.value for keyword in call.keywords if keyword.arg == name]

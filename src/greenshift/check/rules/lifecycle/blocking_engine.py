"""GS408: a synchronous engine or session in an ``async def`` route."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.lifecycle.blocking_engine_samples import BAD, GOOD
from greenshift.check.rules.rule import Rule
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.calls import own_nodes
from greenshift.check.usage.connecting import connections, shown
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

_SESSIONS: Final = frozenset(
    {
        "sqlalchemy.orm.Session",
        "sqlalchemy.orm.session.Session",
        "sqlmodel.Session",
        "sqlmodel.orm.session.Session",
    }
)
_SENDING: Final = frozenset(
    [
        "execute",
        "scalars",
        "scalar",
        "get",
        "get_one",
        "exec",
        "commit",
        "flush",
        "refresh",
        "merge",
        "bulk_save_objects",
        "bulk_insert_mappings",
    ]
)
_LOADING: Final = frozenset(["all", "first", "one", "one_or_none", "scalar", "count", "get", "update", "delete"])


class BlockingEngine(Rule):
    """``db.execute(...)`` of a synchronous session in the body of an ``async def`` route or dependency."""

    id = "GS408"
    title = "a synchronous engine in an async route"
    severity = Severity.WARNING
    why = (
        "The body of an `async def` route runs in the event loop. A synchronous query there stops the loop until the "
        "database answers: no other request, WebSocket or health check of the process moves on meanwhile, and when "
        "the pool is empty the wait for a connection stops the very requests that would give one back."
    )
    source = "https://fastapi.tiangolo.com/async/"
    fix = "write `def` in place of `async def`, so that the route runs in a thread; or use an asyncio engine"
    bad = BAD
    good = GOOD

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at the bodies of routes and dependencies that are coroutines."""
        if not any(_can_block(engine) for engine in program.engines):
            return
        usage = usage_of(program)
        for file in program.files:
            if file.is_test:
                continue
            for function in file.nodes(ast.AsyncFunctionDef):
                role = usage.roles.of(function)
                if role not in ("route", "dependency"):
                    continue
                calls = list(_blocking(usage.names, file, function))
                if calls:
                    first = calls[0]
                    more = f" (and {len(calls) - 1} more)" if len(calls) > 1 else ""
                    yield self.found(
                        f"{shown(first)}{more} blocks the event loop in the {role} {function.name}, an `async def`",
                        file.place(first),
                        subject=f"{function.name} in {file.path}",
                    )


def _can_block(engine: Engine) -> bool:
    """Whether a synchronous engine of the application asks a server (SQLite answers from the same process)."""
    return not engine.is_async and engine.scope not in (Scope.TEST, Scope.SCRIPT) and engine.dialect not in ("sqlite",)


def _blocking(names: Names, file: SourceFile, function: ast.AsyncFunctionDef) -> Iterator[ast.Call]:
    """Yield the calls in a coroutine's own body that surely wait for a database."""
    sessions = set(_session_parameters(names, file, function)) | set(_opened_sessions(names, file, function))
    for use in connections(names, file, function):
        if not use.engine.is_async and isinstance(use.node, ast.Call) and _can_block(use.engine):
            yield use.node
    for node in own_nodes(function):
        if isinstance(node, ast.Call) and _sends(node, sessions) and not isinstance(file.parent(node), ast.Await):
            yield node


def _sends(call: ast.Call, sessions: set[str]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    if isinstance(call.func.value, ast.Name):
        return call.func.attr in _SENDING and call.func.value.id in sessions
    if call.func.attr not in _LOADING:
        return False
    # db.query(User).filter(...).first()
    node: ast.expr = call.func.value
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr == "query" and isinstance(node.func.value, ast.Name):
            return node.func.value.id in sessions
        node = node.func.value
    return False


def _session_parameters(names: Names, file: SourceFile, function: ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the parameters that are annotated as synchronous sessions, an alias of ``Annotated`` included."""
    given = function.args
    for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs):
        home, annotation = file, argument.annotation
        if annotation is not None and file.name(annotation) not in _SESSIONS:
            assigned = names.assigned(file, annotation)
            home, annotation = assigned if assigned is not None else (file, annotation)
        if isinstance(annotation, ast.Subscript) and (home.name(annotation.value) or "").endswith("Annotated"):
            inner = annotation.slice
            annotation = inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else None
        if annotation is not None and home.name(annotation) in _SESSIONS:
            yield argument.arg


def _opened_sessions(names: Names, file: SourceFile, function: ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the names to which the coroutine binds sessions that it opens itself, of engines that ask a server."""
    for node in own_nodes(function):
        if isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name):
            if _is_session(names, file, node.context_expr):
                yield node.optional_vars.id
        elif isinstance(node, ast.Assign) and _is_session(names, file, node.value):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _is_session(names: Names, file: SourceFile, node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return False
    made = (*names.factories(file, node), *names.factories(file, node.func))
    return bool(made) and all(one.kind == "sync" and one.engine is not None and _can_block(one.engine) for one in made)

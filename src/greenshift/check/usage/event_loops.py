"""Where a program runs coroutines in event loops of their own, again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.calls import called, reached
from greenshift.check.usage.names import Definition, Names
from greenshift.check.usage.roles import Role
from greenshift.check.usage.usage import Usage

_RUNS: Final = frozenset({"asyncio.run", "asyncio.runners.run", "anyio.run"})
_LOOPS: Final = frozenset({"asyncio.new_event_loop", "asyncio.events.new_event_loop"})
_BRIDGES: Final = frozenset({"asgiref.sync.async_to_sync"})
_SHOWN: Final[dict[Role, str]] = {
    "route": "for each request",
    "dependency": "for each request",
    "task": "for each task",
    "thread": "in each thread",
}


@dataclass(frozen=True, slots=True)
class LoopRun:
    """One place where a coroutine is run in a new event loop, repeatedly in one process.

    Attributes:
        file: where it is.
        call: the call that runs the loop, or hands the coroutine to a function that does.
        unit: the function that does it.
        coroutine: what is run.
        repeated: how often, for a message.
        shown: what runs it, for a message.
    """

    file: SourceFile
    call: ast.Call
    unit: FunctionNode
    coroutine: Definition
    repeated: str
    shown: str


def repeated_loops(usage: Usage) -> Iterator[LoopRun]:
    """Yield where a program surely runs coroutines of its own in more than one event loop of a process.

    Args:
        usage: how the program uses its engines.
    """
    names = usage.names
    runners = {function: index for file in names.program.files for function, index in _runners(names, file)}
    often = _repeated(usage)
    for file in names.program.files:
        if file.is_test:
            continue
        for call in file.nodes(ast.Call):
            unit = names.bindings(file).unit(call)
            if not isinstance(unit, FunctionNode) or isinstance(unit, ast.AsyncFunctionDef):
                continue
            given = _run(file, call)
            if given is None:
                given = _handed(names, file, call, runners)
            coroutine = _coroutine(names, file, given) if given is not None else None
            repeated = "again and again" if _is_in_loop(file, call) else often.get(unit, "")
            if coroutine is not None and repeated:
                yield LoopRun(file, call, unit, coroutine, repeated, file.name(call.func) or ast.unparse(call.func))


def _run(file: SourceFile, call: ast.Call) -> ast.expr | None:
    """Return what a call runs in a new event loop; None if it does not."""
    if isinstance(call.func, ast.Call):
        bridged = file.name(call.func.func) in _BRIDGES and call.func.args
        return call.func.args[0] if bridged else None
    if not call.args:
        return None
    if file.name(call.func) in _RUNS:
        return call.args[0]
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("run_until_complete", "run"):
        return call.args[0] if _is_new_loop(file, call.func.value) else None
    return None


def _is_new_loop(file: SourceFile, node: ast.expr) -> bool:
    """Whether a name is a loop or Runner that its own function makes."""
    function = file.function(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    for inner in ast.walk(function):
        if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Call):
            named = any(isinstance(target, ast.Name) and target.id == node.id for target in inner.targets)
            if named and file.name(inner.value.func) in _LOOPS:
                return True
        elif isinstance(inner, ast.withitem) and isinstance(inner.context_expr, ast.Call):
            named = isinstance(inner.optional_vars, ast.Name) and inner.optional_vars.id == node.id
            if named and file.name(inner.context_expr.func) == "asyncio.Runner":
                return True
    return False


def _runners(names: Names, file: SourceFile) -> Iterator[tuple[FunctionNode, int]]:
    """Yield the functions that run a coroutine that they are given, and which of their parameters it is."""
    for call in file.nodes(ast.Call):
        given = _run(file, call)
        unit = names.bindings(file).unit(call)
        if isinstance(unit, ast.FunctionDef) and isinstance(given, ast.Name):
            parameters = [argument.arg for argument in (*unit.args.posonlyargs, *unit.args.args)]
            if given.id in parameters:
                yield unit, parameters.index(given.id)


def _handed(names: Names, file: SourceFile, call: ast.Call, runners: dict[FunctionNode, int]) -> ast.expr | None:
    """Return the coroutine that a call hands to a function that runs it."""
    found = names.function(file, call.func) if call.args else None
    if found is None or found[1] not in runners:
        return None
    index = runners[found[1]]
    if isinstance(call.func, ast.Attribute) and index and found[1].args.args[:1]:
        index -= found[1].args.args[0].arg in ("self", "cls")
    return call.args[index] if index < len(call.args) else None


def _coroutine(names: Names, file: SourceFile, node: ast.expr) -> Definition | None:
    """Return the coroutine function of the program that an expression calls, or names."""
    if isinstance(node, ast.Name):
        assigned = names.assigned(file, node)
        if assigned is not None:
            file, node = assigned
    found = names.function(file, node.func if isinstance(node, ast.Call) else node)
    return found if found is not None and isinstance(found[1], ast.AsyncFunctionDef) else None


def _repeated(usage: Usage) -> dict[FunctionNode, str]:
    """Return the functions that run repeatedly in one process, and how often: tasks, routes, and what they call."""
    found: dict[FunctionNode, str] = {}
    for file, function in usage.names.definitions():
        shown = _SHOWN.get(usage.roles.of(function) or "job", "")
        if shown and not isinstance(function, ast.AsyncFunctionDef):
            for _, inner in reached(usage.names, file, function):
                found.setdefault(inner, shown)
        for call, (_, callee) in called(usage.names, file, function):
            if _is_in_loop(file, call) and not isinstance(callee, ast.AsyncFunctionDef) and not file.is_test:
                found.setdefault(callee, "again and again")
    return found


def _is_in_loop(file: SourceFile, node: ast.AST) -> bool:
    child, above = node, file.parent(node)
    while above is not None and not isinstance(above, FunctionNode | ast.Lambda | ast.ClassDef):
        if isinstance(above, ast.While) or (isinstance(above, ast.For) and child in above.body):
            return True
        child, above = above, file.parent(above)
    return False

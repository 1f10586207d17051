"""Where a program starts processes that inherit what its own process has open."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.calls import called, reached
from greenshift.check.usage.connecting import Use, uses
from greenshift.check.usage.names import Definition, Names
from greenshift.check.usage.usage import Usage

_PROCESSES: Final = frozenset(
    {"multiprocessing.Process", "multiprocessing.context.Process", "multiprocessing.process.Process"}
)
_POOLS: Final = frozenset(
    {
        "multiprocessing.Pool",
        "multiprocessing.pool.Pool",
        "concurrent.futures.ProcessPoolExecutor",
        "concurrent.futures.process.ProcessPoolExecutor",
    }
)
_SUBMITTING: Final = frozenset(
    ["submit", "map", "imap", "imap_unordered", "apply", "apply_async", "map_async", "starmap", "starmap_async"]
)


@dataclass(frozen=True, slots=True)
class Fork:
    """One place where the program forks.

    Attributes:
        file: where it is.
        call: the call that forks, or hands work to a process that is forked.
        unit: the function or module that does it.
        body: what runs in the new process: a function, or statements.
        home: the file of the body.
        child: what runs there, for a message.
        shown: what forks, for a message.
    """

    file: SourceFile
    call: ast.Call
    unit: ast.AST
    body: tuple[ast.AST, ...]
    home: SourceFile
    child: str
    shown: str

    def used_before(self, usage: Usage) -> list[Use]:
        """Return where engines were used before the fork: earlier in the same function, or by earlier requests.

        Args:
            usage: how the program uses its engines.
        """
        if isinstance(self.unit, FunctionNode) and usage.roles.of(self.unit) in ("route", "dependency", "task"):
            return self.used_in_child(usage)
        names = usage.names
        line = self.call.lineno
        found = [use for use in uses(names, self.file, self.unit) if (use.node.end_lineno or 0) < line]
        for call, definition in called(names, self.file, self.unit):
            if (call.end_lineno or 0) < line and definition[1] not in self.body:
                found.extend(_used(names, definition))
        inside = {id(node) for part in self.body for node in ast.walk(part)}
        return [use for use in found if id(use.node) not in inside]

    def used_in_child(self, usage: Usage) -> list[Use]:
        """Return where the new process uses engines.

        Args:
            usage: how the program uses its engines.
        """
        names = usage.names
        found: list[Use] = []
        for part in self.body:
            found.extend(uses(names, self.home, part))
            for _, definition in called(names, self.home, part):
                found.extend(_used(names, definition))
        return found


def forks(usage: Usage) -> Iterator[Fork]:
    """Yield where a program surely forks, test code left out.

    Args:
        usage: how the program uses its engines.
    """
    for file in usage.names.program.files:
        if file.is_test:
            continue
        if not _spawns(file):
            for call in file.nodes(ast.Call):
                yield from _fork(usage.names, file, call)


def _fork(names: Names, file: SourceFile, call: ast.Call) -> Iterator[Fork]:
    name = file.name(call.func) or ""
    unit = names.bindings(file).unit(call)
    if name == "os.fork":
        body = _child_of_fork(file, call)
        if body:
            yield Fork(file, call, unit, body, file, "what follows", "os.fork()")
    elif name in _PROCESSES:
        for keyword in call.keywords:
            if keyword.arg == "target":
                yield from _running(names, file, call, unit, keyword.value, "multiprocessing.Process")
    elif isinstance(call.func, ast.Attribute) and call.func.attr in _SUBMITTING and call.args:
        maker = _pool(names, file, call.func.value)
        if maker:
            yield from _running(names, file, call, unit, call.args[0], maker)


def _running(
    names: Names, file: SourceFile, call: ast.Call, unit: ast.AST, target: ast.expr, shown: str
) -> Iterator[Fork]:
    found = names.function(file, target)
    if found is not None:
        home, function = found
        yield Fork(file, call, unit, (function,), home, f"{function.name}()", shown)


def _pool(names: Names, file: SourceFile, node: ast.expr) -> str:
    """Return what makes the pool of processes that a name is, if that takes its defaults; else ""."""
    if not isinstance(node, ast.Name):
        return ""
    for statement in file.nodes(ast.With):
        for item in statement.items:
            is_this = isinstance(item.optional_vars, ast.Name) and item.optional_vars.id == node.id
            if is_this and statement.lineno <= node.lineno <= (statement.end_lineno or 0):
                return _maker(file, item.context_expr)
    assigned = names.assigned(file, node)
    return _maker(*assigned) if assigned is not None else ""


def _maker(file: SourceFile, node: ast.expr) -> str:
    if not isinstance(node, ast.Call) or (file.name(node.func) or "") not in _POOLS:
        return ""
    if any(keyword.arg in ("initializer", "mp_context", None) for keyword in node.keywords) or len(node.args) > 1:
        return ""
    return file.name(node.func) or ""


def _spawns(file: SourceFile) -> bool:
    """Whether a file chooses how processes start."""
    return any(
        (file.name(call.func) or "").rpartition(".")[2] in ("set_start_method", "get_context")
        for call in file.nodes(ast.Call)
    )


def _child_of_fork(file: SourceFile, call: ast.Call) -> tuple[ast.AST, ...]:
    """Return the statements under ``if os.fork() == 0:``, or under ``if pid == 0:`` after ``pid = os.fork()``."""
    above = file.parent(call)
    if isinstance(above, ast.NamedExpr):
        above = file.parent(above)
    if isinstance(above, ast.Compare):
        holder = file.parent(above)
        return _child_branch(holder) if isinstance(holder, ast.If) and holder.test is above else ()
    if isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not):
        holder = file.parent(above)
        return tuple(holder.body) if isinstance(holder, ast.If) and holder.test is above else ()
    if isinstance(above, ast.Assign) and len(above.targets) == 1 and isinstance(above.targets[0], ast.Name):
        name = above.targets[0].id
        for test in file.nodes(ast.If):
            same = file.function(test) is file.function(call) and test.lineno > call.lineno
            if same and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(test.test)):
                if isinstance(test.test, ast.Compare):
                    return _child_branch(test)
                if isinstance(test.test, ast.UnaryOp) and isinstance(test.test.op, ast.Not):
                    return tuple(test.body)
    return ()


def _child_branch(branch: ast.If) -> tuple[ast.AST, ...]:
    test = branch.test
    assert isinstance(test, ast.Compare)
    zero = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value == 0
    if len(test.ops) == 1 and zero:
        if isinstance(test.ops[0], ast.Eq):
            return tuple(branch.body)
        if isinstance(test.ops[0], ast.NotEq | ast.Gt):
            return tuple(branch.orelse)
    return ()


def _used(names: Names, definition: Definition) -> Iterator[Use]:
    for home, function in reached(names, *definition):
        yield from uses(names, home, function)

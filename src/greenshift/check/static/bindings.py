"""Which names a statement binds or changes, so that only statements that matter are looked at."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

# Methods that change a dict in place.
MUTATORS: Final = frozenset({"update", "setdefault", "pop", "clear", "set"})
# Calls that look at what they are given, and change nothing.
_HARMLESS: Final = frozenset({"print", "pprint", "warnings.warn", "super"})
_LOGGING: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log", "echo"})
_TAKING: Final = frozenset({"update", "setdefault", "append", "extend", "add", "insert", "put"})
_BLOCKS: Final = ("body", "orelse", "finalbody")


class Bindings:
    """Finds the statements of blocks that bind or change a name; each block is looked through once."""

    def __init__(self) -> None:
        self._of_block: dict[int, Mapping[str, tuple[int, ...]]] = {}
        self._of_statement: dict[int, frozenset[str]] = {}
        # What the ids belong to must live as long as they do.
        self._kept: list[object] = []

    def indexes(self, block: Sequence[ast.stmt], name: str) -> tuple[int, ...]:
        """Return the places in a block of the statements that bind or change a name, or hold such a statement.

        Args:
            block: the statements.
            name: the name.
        """
        known = self._of_block.get(id(block))
        if known is None:
            found: dict[str, list[int]] = {}
            for index, statement in enumerate(block):
                for touched in self.touched(statement):
                    found.setdefault(touched, []).append(index)
            known = {touched: tuple(places) for touched, places in found.items()}
            self._of_block[id(block)] = known
            self._kept.append(block)
        return known.get(name, ())

    def touched(self, statement: ast.stmt) -> frozenset[str]:
        """Return the names that a statement binds or changes, itself or in its blocks; ``*`` for a star import.

        Args:
            statement: the statement.
        """
        known = self._of_statement.get(id(statement))
        if known is None:
            known = frozenset(_touched(statement))
            self._of_statement[id(statement)] = known
            self._kept.append(statement)
        return known


def _touched(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    if isinstance(statement, ast.Import | ast.ImportFrom):
        for alias in statement.names:
            yield alias.asname or (alias.name.partition(".")[0] if isinstance(statement, ast.Import) else alias.name)
        return
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from target_names(target)
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
        yield from target_names(statement.target)
    elif isinstance(statement, ast.Delete):
        for target in statement.targets:
            yield from target_names(target)
    elif isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            if item.optional_vars is not None:
                yield from target_names(item.optional_vars)
    elif isinstance(statement, ast.Expr):
        changed = mutated(statement.value)
        if changed is not None:
            yield changed[0]
        yield from handed_names(statement.value)
    yield from _walrus(statement)
    for name in _BLOCKS:
        for inner in getattr(statement, name, ()):
            yield from _touched(inner)
    for handler in getattr(statement, "handlers", ()):
        if handler.name:
            yield handler.name
        for inner in handler.body:
            yield from _touched(inner)
    for case in getattr(statement, "cases", ()):
        for inner in case.body:
            yield from _touched(inner)


def target_names(target: ast.expr) -> Iterator[str]:
    """Yield the names that an assignment to a target binds or changes (``d["k"] = v`` changes ``d``).

    Args:
        target: the target.
    """
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for item in target.elts:
            yield from target_names(item)
    elif isinstance(target, ast.Subscript | ast.Attribute):
        path = dotted(container(target))
        if path is not None and isinstance(target, ast.Subscript):
            yield path
        if isinstance(target, ast.Attribute):
            path = dotted(target)
            if path is not None:
                yield path


def container(node: ast.expr) -> ast.expr:
    """Return what items are taken from: ``d`` for ``d["a"]["b"]``; any other expression as it is."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def handed_names(node: ast.expr) -> Iterator[str]:
    """Yield the names that a call whose result is not used is given: it may change what they are.

    Args:
        node: the expression of an expression statement.
    """
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call):
        return
    called = dotted(call.func) or ""
    if called in _HARMLESS or ("." in called and called.rpartition(".")[2] in _LOGGING | _TAKING):
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        path = dotted(argument)
        if path is not None:
            yield path


def mutated(node: ast.expr) -> tuple[str, ast.Call] | None:
    """Return the name (or dotted path) that a call such as ``d.update(...)`` changes, and the call.

    Args:
        node: the expression of an expression statement.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
        path = dotted(container(node.func.value))
        if path is not None:
            return path, node
    return None


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for names and attributes; None for other expressions."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return ".".join([node.id, *reversed(parts)])


def _walrus(statement: ast.stmt) -> Iterator[str]:
    for name, value in ast.iter_fields(statement):
        if name in ("body", "orelse", "finalbody", "handlers", "cases"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                for node in ast.walk(item):
                    if isinstance(node, ast.NamedExpr):
                        yield node.target.id


def ends(block: Sequence[ast.stmt]) -> bool:
    """Return whether control never leaves a block at its end: it returns, raises, breaks or continues.

    Args:
        block: the statements.
    """
    for statement in reversed(block):
        if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
            return True
        if isinstance(statement, ast.If) and statement.orelse:
            if ends(statement.body) and ends(statement.orelse):
                return True
        elif isinstance(statement, ast.With | ast.AsyncWith):
            if ends(statement.body):
                return True
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            called = dotted(statement.value.func)
            if called in ("sys.exit", "exit", "os._exit", "quit"):
                return True
    return False

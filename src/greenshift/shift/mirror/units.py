"""A test module as pieces: functions, classes, the beginnings of test classes, and other statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from greenshift.shift.mirror.fingerprint import Marker, fingerprint, read_marker
from greenshift.shift.project import Source
from greenshift.shift.project.main_guard import is_main_guard
from greenshift.shift.project.traversal import walk

_WORD = re.compile(r"[A-Za-z_]\w*\Z")


@dataclass(frozen=True)
class Unit:
    """A piece of a module, with the comments right above it.

    Attributes:
        name: ``test_crud``, ``TestUsers`` (its beginning, or all of a class without tests), ``TestUsers.test_crud``.
        nodes: Its statements; for the beginning of a test class the class alone.
        begin: The offset where its marker, else its text, begins.
        start: The offset where its text begins, comments and decorators included.
        end: The offset behind its last line.
        text: The text between ``start`` and ``end``.
        owner: The test class in which it stands.
        is_header: Whether it is the beginning of a test class, up to its first method.
        marker: The marker above it.
    """

    name: str
    nodes: tuple[ast.stmt, ...]
    begin: int
    start: int
    end: int
    text: str
    owner: str | None = None
    is_header: bool = False
    marker: Marker | None = None

    @property
    def node(self) -> ast.stmt:
        """The first statement."""
        return self.nodes[0]

    @property
    def is_function(self) -> bool:
        """Whether it is a function or method."""
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef)

    @property
    def is_async(self) -> bool:
        """Whether it is an ``async def``."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_test(self) -> bool:
        """Whether pytest collects it as a test function."""
        # A fixture may be called test_user.
        return self.is_function and self.name.rpartition(".")[2].startswith("test") and not self.is_fixture

    @property
    def is_fixture(self) -> bool:
        """Whether a decorator makes it a fixture."""
        decorators = getattr(self.node, "decorator_list", []) if self.is_function else []
        return any("fixture" in ast.unparse(one) for one in decorators)

    @property
    def is_autouse(self) -> bool:
        """Whether it is a fixture that every test has."""
        return self.is_fixture and "autouse=True" in self.text

    @cached_property
    def fingerprint(self) -> str:
        """What tells its code from other code."""
        return fingerprint(self.text)

    @property
    def indentation(self) -> str:
        """The white space before its lines."""
        first = self.text.split("\n", 1)[0]
        return first[: len(first) - len(first.lstrip())]

    @cached_property
    def bound(self) -> frozenset[str]:
        """The names that it binds in its module or class."""
        found = set()
        for statement in self.nodes:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found.add(statement.name)
                continue
            for node in walk(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
                elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    found.add(node.name)
                elif isinstance(node, ast.alias):
                    found.add(node.asname or node.name.partition(".")[0])
        return frozenset(found)

    @cached_property
    def named(self) -> frozenset[str]:
        """The names that it mentions: variables, parameters (fixtures), strings that may name a fixture or class."""
        found = set()
        for node in self._own_nodes():
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _WORD.match(node.value):
                found.add(node.value)
        return frozenset(found)

    def _own_nodes(self) -> Iterator[ast.AST]:
        for statement in self.nodes:
            if not (self.is_header and isinstance(statement, ast.ClassDef)):
                yield from walk(statement)
                continue
            for part in [*statement.decorator_list, *statement.bases, *_leading(statement)]:
                yield from walk(part)


def split(source: Source) -> list[Unit]:
    """Return a module's pieces in their order; its docstring, imports and ``__main__`` block are none.

    Args:
        source: The module.
    """
    found: list[Unit] = []
    for nodes in _lines(source, [one for one in source.tree.body if not _is_apart(one)]):
        first = nodes[0]
        if isinstance(first, ast.ClassDef) and is_test_class(first):
            found += _of_class(source, first)
        else:
            found.append(_unit(source, nodes, None))
    return found


def is_test_class(node: ast.ClassDef) -> bool:
    """Whether a class holds tests."""
    return any(
        isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test") for one in node.body
    )


def unit_at(units: list[Unit], source: Source, line: int) -> Unit | None:
    """Return the piece in which a line lies."""
    offset = source.offset(line, 0)
    return next((one for one in units if one.begin <= offset < one.end), None)


def _is_apart(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    return is_main_guard(node)


def _lines(source: Source, nodes: list[ast.stmt]) -> Iterator[tuple[ast.stmt, ...]]:
    """The statements, those of one line together."""
    together: list[ast.stmt] = []
    for node in nodes:
        if together and node.lineno == together[-1].end_lineno:
            together.append(node)
            continue
        if together:
            yield tuple(together)
        together = [node]
    if together:
        yield tuple(together)


def _leading(node: ast.ClassDef) -> list[ast.stmt]:
    leading: list[ast.stmt] = []
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            break
        leading.append(statement)
    return leading


def _of_class(source: Source, node: ast.ClassDef) -> Iterator[Unit]:
    leading = _leading(node)
    rest = node.body[len(leading) :]
    begin, start, marker = _begin(source, node)
    first = _begin(source, rest[0])[0]
    end = start + len(source.text[start:first].rstrip()) + 1
    yield Unit(node.name, (node,), begin, start, end, source.text[start:end], is_header=True, marker=marker)
    for nodes in _lines(source, rest):
        yield _unit(source, nodes, node.name)


def _unit(source: Source, nodes: tuple[ast.stmt, ...], owner: str | None) -> Unit:
    begin, start, marker = _begin(source, nodes[0])
    end = source.line_end(source.end(nodes[-1]))
    unit = Unit("", nodes, begin, start, end, source.text[start:end], owner, marker=marker)
    name = ",".join(sorted(unit.bound)) or f"statement:{unit.fingerprint}"
    return Unit(f"{owner}.{name}" if owner else name, nodes, begin, start, end, unit.text, owner, marker=marker)


def _begin(source: Source, node: ast.stmt) -> tuple[int, int, Marker | None]:
    """Where a statement begins with its marker, and without; comments above a marker are not its own."""
    decorators = getattr(node, "decorator_list", None) or [node]
    start = begin = source.line_start(min(source.start(decorators[0]), source.start(node)))
    while begin:
        above = source.line_start(begin - 1)
        line = source.text[above:begin]
        marker = read_marker(line)
        if marker is not None:
            return above, start, marker
        if not line.strip().startswith("#"):
            break
        begin = start = above
    return begin, start, None

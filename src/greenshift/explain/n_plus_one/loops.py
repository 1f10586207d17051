"""Loops in the user's source: which one a place in it stands in, and whether each turn of it is for another thing."""

from __future__ import annotations

import ast
import linecache
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from greenshift.explain.n_plus_one.stack import Site
from greenshift.explain.python_source import parse

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

# Functions that call what they are given once for each element.
_CALLERS: Final = frozenset({"filter", "map", "max", "min", "reduce", "sort", "sorted"})
# What turns rows of the database into an asynchronous iteration; anything else is messages that arrive.
_STREAMS: Final = frozenset({"execute", "mappings", "partitions", "scalars", "stream", "stream_scalars", "yield_per"})


class Loop(NamedTuple):
    """A loop in the source.

    Attributes:
        file: its file.
        line: the line on which it begins.
        repeats: whether it tries the same thing again, waits, turns pages or serves what arrives, rather than going
            through things that are known before it begins.
    """

    file: str
    line: int
    repeats: bool


class Turning(NamedTuple):
    """A loop and the place in it from which the rest was called."""

    site: Site
    loop: Loop


def innermost_loop(sites: Iterable[Site]) -> Turning | None:
    """Return the innermost loop of a call stack, or None.

    Args:
        sites: the innermost first.
    """
    found = ((site, enclosing_loop(site)) for site in sites)
    return next((Turning(site, loop) for site, loop in found if loop is not None), None)


def enclosing_loop(site: Site) -> Loop | None:
    """Return the innermost loop of its function that a place stands in the body of, or None.

    Args:
        site: the place; its file's source must be readable.
    """
    path = _path(site)
    for depth in range(len(path) - 1, -1, -1):
        node = path[depth]
        inner: ast.AST | None = path[depth + 1] if depth + 1 < len(path) else None
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            if inner in node.body or (isinstance(node, ast.While) and inner is node.test):
                return Loop(site.file, node.lineno, _repeats(node, path))
        elif isinstance(node, _Comprehension):
            first = node.generators[0]
            # The first iterable is evaluated once, before the loop; in Python's tree the others belong to it.
            if not (inner is first and _contains(first.iter, site)):
                return Loop(site.file, first.target.lineno, first.is_async > 0 and not _streams(first.iter, path))
        elif isinstance(node, ast.Lambda):
            call = next((one for one in reversed(path[:depth]) if not isinstance(one, ast.keyword)), None)
            is_caller = isinstance(call, ast.Call) and _name(call.func) in _CALLERS
            return Loop(site.file, path[depth - 1].lineno, False) if is_caller and call is not None else None  # type: ignore[attr-defined]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return None
    return None


def is_fixture(site: Site) -> bool:
    """Return whether a place stands in a function that a decorator makes a pytest fixture."""
    return any(
        "fixture" in ast.unparse(decorator)
        for node in _path(site)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for decorator in node.decorator_list
    )


def statement_lines(file: str, line: int) -> range:
    """Return the lines of the simple statement on a line, or of the head of the compound one; else the line alone.

    Args:
        file: the file.
        line: a line of it, from 1.
    """
    tree = _parsed(file)
    found = range(line, line + 1)
    for node in () if tree is None else ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
            if line <= last:
                found = range(node.lineno, last + 1)
    return found


def _path(site: Site) -> list[ast.AST]:
    tree = _parsed(site.file)
    return [] if tree is None else list(_descend(tree, site))


def _parsed(file: str) -> ast.Module | None:
    try:
        state = os.stat(file)
        return _tree(file, (state.st_mtime_ns, state.st_size))
    except OSError:
        return _tree(file, (0, 0))


@lru_cache(maxsize=256)
def _tree(file: str, version: tuple[int, int]) -> ast.Module | None:
    try:
        linecache.checkcache(file)
        return parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        # A template's file is not Python.
        return None


def _descend(node: ast.AST, site: Site) -> Iterator[ast.AST]:
    """Yield the nodes around a place, the outermost first."""
    while True:
        yield node
        for child in ast.iter_child_nodes(node):
            if _contains(child, site):
                node = child
                break
        else:
            return


def _contains(node: ast.AST, site: Site) -> bool:
    if not hasattr(node, "lineno"):  # the parts of a comprehension, of a call's arguments...
        return any(_contains(child, site) for child in ast.iter_child_nodes(node))
    if site.start[1] is None or site.end[1] is None:
        return bool(node.lineno <= site.line <= node.end_lineno)  # type: ignore[attr-defined]
    begins = (node.lineno, node.col_offset)  # type: ignore[attr-defined]
    ends = (node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]
    return bool(begins <= site.start and site.end <= ends)


def _repeats(loop: ast.For | ast.AsyncFor | ast.While, path: Sequence[ast.AST]) -> bool:
    if isinstance(loop, ast.While):
        return _is_open(loop)
    if isinstance(loop, ast.AsyncFor):
        return not _streams(loop.iter, path)
    targets = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
    return not targets & _read(loop.body)


def _is_open(loop: ast.While) -> bool:
    """Return whether nobody knows how often a loop turns: for ever, until something happened, or until a page is empty.

    ``while pending: item = pending.pop()`` and ``while i < len(items)`` go through what is known.
    """
    if isinstance(loop.test, ast.Constant):
        return True
    for node in ast.walk(loop.test):
        if isinstance(node, ast.Await | ast.NamedExpr) or (isinstance(node, ast.Call) and _name(node.func) != "len"):
            return True
    return bool(_read([loop.test]) & set(_assigned(loop.body)))


def _streams(iterable: ast.expr, path: Sequence[ast.AST]) -> bool:
    """Return whether an asynchronous iteration goes through rows of the database."""
    if isinstance(iterable, ast.Name):
        function = next((one for one in reversed(path) if isinstance(one, _Function | ast.Module)), None)
        values = [] if function is None else _values_of(iterable.id, function)
    else:
        values = [iterable]
    names = {_name(node.func) for value in values for node in ast.walk(value) if isinstance(node, ast.Call)}
    return bool(names & _STREAMS)


def _values_of(name: str, function: ast.AST) -> list[ast.AST]:
    values: list[ast.AST] = []
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
            values.append(node.value)
        elif isinstance(node, ast.withitem) and getattr(node.optional_vars, "id", None) == name:
            values.append(node.context_expr)
    return values


def _read(nodes: Iterable[ast.AST]) -> set[str]:
    found = (one for node in nodes for one in ast.walk(node))
    return {one.id for one in found if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def _assigned(body: Iterable[ast.AST]) -> Iterator[str]:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assign | ast.AnnAssign):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""

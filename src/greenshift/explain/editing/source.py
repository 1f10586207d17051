"""A file of the user's as a tree with positions, and edits made from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar, overload

import libcst as cst
from libcst.metadata import CodePosition, CodeRange, MetadataWrapper, PositionProvider

from greenshift.explain.editing.focus import focused
from greenshift.explain.explanation import Edit

_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
_N = TypeVar("_N", bound=cst.CSTNode)

Function = cst.FunctionDef | cst.Lambda


class Source:
    """A parsed file.

    Args:
        path: the file.
        text: what it holds.
        parsed: the same with some functions emptied, line for line; None for the whole file.
    """

    def __init__(self, path: str, text: str, parsed: str | None = None) -> None:
        wrapper = MetadataWrapper(cst.parse_module(text if parsed is None else parsed), unsafe_skip_copy=True)
        self.path = path
        self.text = text
        self.lines = _NEWLINE.split(text)
        self.module = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._nodes = list(_below(self.module))
        self._parents = {child: node for node in self._nodes for child in _children(node)}

    def range(self, node: cst.CSTNode) -> CodeRange:
        """Return where a node begins and ends."""
        return self._positions[node]

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that a node stands in."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Give the nodes that a node stands in, the innermost first."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    @overload
    def nodes(self, kind: type[_N], /, *, within: cst.CSTNode | None = None) -> Iterator[_N]: ...

    @overload
    def nodes(self, *kinds: type[Any], within: cst.CSTNode | None = None) -> Iterator[Any]: ...

    def nodes(self, *kinds: type[Any], within: cst.CSTNode | None = None) -> Iterator[Any]:
        """Give all nodes of some classes, in the order of the file.

        Args:
            kinds: the nodes' classes.
            within: the node to look in; None for the whole file.
        """
        for node in self._nodes if within is None else _below(within):
            if isinstance(node, kinds):
                yield node

    def covers(self, node: cst.CSTNode, line: int) -> bool:
        """Return whether a node stands on a line."""
        where = self.range(node)
        return where.start.line <= line <= where.end.line

    def function_of(self, node: cst.CSTNode) -> Function | None:
        """Return the function that a node stands in, or None at the top level."""
        return next((one for one in self.ancestors(node) if isinstance(one, Function)), None)

    def function_at(self, line: int) -> cst.FunctionDef | None:
        """Return the innermost ``def`` whose body a line is in."""
        found = [one for one in self.nodes(cst.FunctionDef) if self.covers(one.body, line)]
        return found[-1] if found else None

    def indentation(self, line: int) -> str:
        """Return the white space at the beginning of a line."""
        text = self.lines[line - 1]
        return text[: len(text) - len(text.lstrip())]

    def insertion(self, position: CodePosition, new: str, title: str) -> Edit:
        """Return the edit that inserts a text.

        Args:
            position: where.
            new: the text.
            title: what it does, in a few words.
        """
        return Edit(
            self.path, position.line, position.column, "", new.replace("\n", self.module.default_newline), title
        )


def read_source(path: str, around: int | None = None) -> Source | None:
    """Return a file as a tree, or None where it cannot be read, is no UTF-8 or no Python that can be parsed.

    Args:
        path: the file.
        around: a line; functions and classes that it is not in are taken as empty, which is far quicker.
            None for the whole file.
    """
    try:
        found = Path(path).stat()
        return _read(path, around, found.st_mtime_ns, found.st_size)
    except (OSError, ValueError, SyntaxError, cst.ParserSyntaxError, RecursionError):
        return None


def source_behind(path: str, line: int, code: str) -> Source | None:
    """Return a file as a tree if it still holds what a traceback printed of it.

    Args:
        path: the file, as the traceback names it.
        line: the line, from 1.
        code: the line's text without its indentation; an empty text where the traceback has none.
    """
    source = read_source(path, line)
    if source is None or not 0 < line <= len(source.lines):
        return None
    return source if source.lines[line - 1].strip() == code.strip() else None


@lru_cache(maxsize=16)
def _read(path: str, around: int | None, _changed: int, _size: int) -> Source:
    text = Path(path).read_bytes().decode()
    # Positions count lines by their ends alone; a form feed, say, ends a line for str.splitlines as well.
    if text.startswith("\ufeff") or len(text.splitlines()) + text.endswith(("\n", "\r")) != len(_NEWLINE.split(text)):
        raise ValueError(path)
    return _parsed(path, text, text if around is None else focused(text, around))


# Lines of the same function leave the same text.
_parsed = lru_cache(maxsize=8)(Source)


def _below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give a node and all under it, each before what is under it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(_children(node)))


def _children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the nodes right under a node, without white space; ``CSTNode.children`` copies the node to find them."""
    found: list[cst.CSTNode] = []
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += [one for one in value if isinstance(one, cst.CSTNode)]
    return found


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = (one.name for one in fields(kind))
    return tuple(
        name for name in names if not name.startswith(("whitespace", "leading", "trailing", "lines_after", "_"))
    )


def stored_names(source: Source, within: cst.CSTNode) -> set[str]:
    """Return the variables that a piece of code sets.

    Args:
        source: the file.
        within: the piece.
    """
    targets: list[cst.CSTNode] = []
    for node in source.nodes(
        cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For, cst.CompFor, cst.AsName, within=within
    ):
        targets.append(node.name if isinstance(node, cst.AsName) else node.target)
    return {name.value for target in targets for name in set_names(target)}


def set_names(target: cst.CSTNode) -> Iterator[cst.Name]:
    """Give the variables that a target of an assignment sets; ``a.b`` and ``a[0]`` set none."""
    if isinstance(target, cst.Name):
        yield target
    elif isinstance(target, cst.Tuple | cst.List):
        for element in target.elements:
            yield from set_names(element.value)


def last_name(node: cst.CSTNode) -> str | None:
    """Return ``Account`` for ``Account`` and for ``models.Account``; None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else None


def dotted(node: cst.CSTNode) -> str | None:
    """Return ``models.Account`` for such an expression; None for one that is more than names and dots."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr.value}"
    return None

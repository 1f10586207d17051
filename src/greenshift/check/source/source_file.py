"""One file: its text, its syntax tree, and what its names mean."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from greenshift.report.findings import Place

Node = TypeVar("Node", bound=ast.AST)
FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(eq=False)
class SourceFile:
    """A parsed file.

    Attributes:
        path: relative to the folder that is checked, with forward slashes.
        text: its text, with ``\\n`` line ends.
        tree: its syntax tree, positions as in ``text``.
        module: its dotted name, as the program imports it.
        imports: what its imported names mean: ``create_engine`` -> ``sqlalchemy.create_engine``, ``sa`` ->
            ``sqlalchemy``; relative imports made absolute, imports inside functions included.
        is_test: whether it is test code.
    """

    path: str
    text: str
    tree: ast.Module
    module: str = ""
    imports: Mapping[str, str] = field(default_factory=dict)
    is_test: bool = False

    @cached_property
    def _walked(self) -> tuple[dict[type[ast.AST], list[ast.AST]], dict[ast.AST, ast.AST]]:
        """Every node by its type, in the order of ``ast.walk``, and the node above each; one pass for both."""
        kinds: dict[type[ast.AST], list[ast.AST]] = {}
        parents: dict[ast.AST, ast.AST] = {}
        pending: list[ast.AST] = [self.tree]
        for node in pending:
            kinds.setdefault(type(node), []).append(node)
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    children = [item for item in value if isinstance(item, ast.AST)]
                elif isinstance(value, ast.AST):
                    children = [value]
                else:
                    continue
                for child in children:
                    parents[child] = node
                pending += children
        return kinds, parents

    @property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        return self._walked[0]

    @property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return self._walked[1]

    @cached_property
    def lines(self) -> list[str]:
        """Its lines, without their ends."""
        return self.text.split("\n")

    def nodes(self, *kinds: type[Node]) -> Iterator[Node]:
        """Yield every node of some types (exactly these, no subclasses).

        Args:
            kinds: the types.
        """
        for kind in kinds:
            yield from self._by_kind.get(kind, [])  # type: ignore[misc]

    def parent(self, node: ast.AST) -> ast.AST | None:
        """Return the node that a node belongs to; None for the module."""
        return self._parents.get(node)

    def function(self, node: ast.AST) -> FunctionNode | None:
        """Return the function in whose body, arguments or decorators a node stands; None at module and class level."""
        above = self.parent(node)
        while above is not None and not isinstance(above, FunctionNode):
            above = self.parent(above)
        return above

    def name(self, node: ast.AST) -> str | None:
        """Return the dotted name that a name or attribute means, its imports followed; None for other expressions.

        ``sa.create_engine`` is ``sqlalchemy.create_engine`` after ``import sqlalchemy as sa``; a name that is not
        imported stays as it is.
        """
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        return ".".join([self.imports.get(node.id, node.id), *reversed(parts)])

    def place(self, node: ast.expr | ast.stmt | ast.keyword | ast.arg | ast.excepthandler | ast.alias) -> Place:
        """Return where a node is, columns in characters from 1."""
        end = node.end_lineno or node.lineno
        return Place(
            self.path,
            node.lineno,
            self._characters(node.lineno, node.col_offset) + 1,
            end,
            self._characters(end, node.end_col_offset or 0) + 1,
        )

    def _characters(self, line: int, offset: int) -> int:
        """Return the column in characters of an offset in bytes, as syntax trees count it."""
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))

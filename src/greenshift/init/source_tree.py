"""A project's files, and what their names mean, without importing any of them."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Final

from greenshift.check.source.decoding import read_files
from greenshift.check.source.discovery import find_files
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.project import Project, is_test

# Programs of their own beside the application, and migrations.
_BESIDE: Final = frozenset(
    {"alembic", "migrations", "versions", "examples", "example", "docs", "benchmarks", "scripts"}
)
_LONGEST_CHAIN: Final = 12
_DOCKERFILES: Final = re.compile(r"dockerfile|compose|procfile", re.IGNORECASE)


class SourceTree:
    """A project's files.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        files = find_files([root], (), root)
        self.texts, self.notes = read_files(root, files.stamps)
        self.project = Project(self.texts)
        self.modules = self.project.modules

    @cached_property
    def files(self) -> list[SourceFile]:
        """The Python files that parse, tests included, sorted by path."""
        found = [self.project.parsed(path) for path in self.project.paths]
        return [one for one in found if isinstance(one, SourceFile)]

    @cached_property
    def by_path(self) -> dict[str, SourceFile]:
        """The same by their paths."""
        return {one.path: one for one in self.files}

    @cached_property
    def sources(self) -> list[SourceFile]:
        """The application's own: no tests, no migrations, no examples."""
        return [one for one in self.files if not one.is_test and not _BESIDE.intersection(one.path.split("/")[:-1])]

    @property
    def tests(self) -> list[SourceFile]:
        """The tests' files."""
        return [one for one in self.files if is_test(one.path)]

    @property
    def start_files(self) -> Iterator[str]:
        """The texts that say how the program is started."""
        return (text for path, text in self.texts.items() if _DOCKERFILES.search(path.rpartition("/")[2]))

    def file_of(self, module: str, importer: str) -> SourceFile | None:
        """Return the file of an absolute dotted name; None where it is none of the project's.

        Args:
            module: the dotted name.
            importer: the path of the file that imports it.
        """
        location = self.modules.locate(module, importer)
        path = self.modules.at(location) if location is not None else None
        return self.by_path.get(path) if path is not None else None

    def bound(self, file: SourceFile) -> frozenset[str]:
        """Return the names that a module itself defines."""
        known = self._bound.get(file.path)
        if known is None:
            found = set[str]()
            for node in statements(file.tree.body):
                if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                    found.add(node.name)
                elif (one := assigned(node)) is not None:
                    found.add(one[0])
            known = self._bound[file.path] = frozenset(found)
        return known

    @cached_property
    def _bound(self) -> dict[str, frozenset[str]]:
        return {}

    def meant(self, file: SourceFile, node: ast.AST) -> str:
        """Return the dotted name that an expression means where it is defined, re-exports followed; else empty."""
        name = file.name(node)
        if name is None:
            return ""
        if name.partition(".")[0] in self.bound(file):
            return f"{file.module}.{name}"
        return self._followed(name, file.path)

    def _followed(self, name: str, importer: str) -> str:
        for _ in range(_LONGEST_CHAIN):
            module, _, attribute = name.rpartition(".")
            file, rest = None, attribute
            while module and file is None:
                file = self.file_of(module, importer)
                if file is None:
                    module, _, last = module.rpartition(".")
                    rest = f"{last}.{rest}"
            if file is None:
                return name
            first, dot, more = rest.partition(".")
            if first in self.bound(file) or first not in file.imports:
                return f"{file.module}.{rest}"
            name, importer = f"{file.imports[first]}{dot}{more}", file.path
        return name

    def closure(self, file: SourceFile) -> frozenset[str]:
        """Return the paths of the project's files that importing a file imports, itself included."""
        if file.path not in self._closures:
            pending, seen = [file.path], set[str]()
            while pending:
                path = pending.pop()
                if path not in seen:
                    seen.add(path)
                    pending += self._imports.get(path) or self._imported(path)
            self._closures[file.path] = frozenset(seen)
        return self._closures[file.path]

    @cached_property
    def _closures(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _imports(self) -> dict[str, list[str]]:
        return {}

    def _imported(self, path: str) -> list[str]:
        file, found = self.by_path.get(path), set[str]()
        if file is None:
            return []
        for name in _module_imports(file, self):
            location = self.modules.locate(name, path)
            at = self.modules.at(location) if location is not None else None
            if at is not None:
                found.add(at)
                found.update(self._packages(at, name))
        self._imports[path] = sorted(found)
        return self._imports[path]

    def _packages(self, path: str, name: str) -> Iterator[str]:
        """The packages above a module, which importing it imports."""
        folder = posixpath.dirname(path)
        for _ in range(name.count(".") + 1):
            if f"{folder}/__init__.py" in self.by_path:
                yield f"{folder}/__init__.py"
            folder = posixpath.dirname(folder)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that importing a module runs: those in ``if``, ``try`` and ``with`` included."""
    for node in body:
        if isinstance(node, ast.If) and (_is_type_checking(node.test) or _is_main(node.test)):
            yield from statements(node.orelse)
            continue
        yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With | ast.For):
                yield from statements(getattr(node, part, []))
        if isinstance(node, ast.Try):
            for handler in node.handlers:
                yield from statements(handler.body)


def assigned(node: ast.stmt) -> tuple[str, ast.expr] | None:
    """Return the name and the value of ``name = value``, with a type or without; None for other statements."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id, node.value
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        return node.target.id, node.value
    return None


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def _module_imports(file: SourceFile, tree: SourceTree) -> Iterator[str]:
    is_package = file.path.endswith("__init__.py")
    for node in statements(file.tree.body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = file.module.split(".") if is_package else file.module.split(".")[:-1]
                anchor = parts[: len(parts) - node.level + 1]
                base = ".".join([*anchor, base] if base else anchor)
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")

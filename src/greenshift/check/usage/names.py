"""What the names of a program mean: its engines, its session factories, its functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import Final, TypeVar

from greenshift.check.facts import Engine, Program, SessionFactory
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.bindings import FileBindings
from greenshift.check.usage.locating import Locator

_SCOPED: Final = ("scoped_session", "async_scoped_session")
_STEPS: Final = 6

Made = TypeVar("Made", Engine, SessionFactory)
Definition = tuple[SourceFile, FunctionNode]


class Names:
    """What the names of a program mean.

    Args:
        program: the program.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._engines = {_key(engine): engine for engine in program.engines if engine.place.line}
        self._factories = {_key(factory): factory for factory in program.session_factories if factory.place.line}
        self._bindings: dict[SourceFile, FileBindings] = {}

    @cached_property
    def locator(self) -> Locator:
        """Finds the program's modules."""
        return Locator(file.path for file in self.program.files)

    @cached_property
    def _files(self) -> dict[str, SourceFile]:
        return {file.path: file for file in self.program.files}

    def file(self, path: str) -> SourceFile | None:
        """Return the file of a path; None if it is none of those that have to do with SQLAlchemy.

        Args:
            path: the path.
        """
        return self._files.get(path)

    def bindings(self, file: SourceFile) -> FileBindings:
        """Return what the names of a file are bound to.

        Args:
            file: the file.
        """
        found = self._bindings.get(file)
        if found is None:
            found = self._bindings[file] = FileBindings(file)
        return found

    def engines(self, file: SourceFile, node: ast.AST) -> tuple[Engine, ...]:
        """Return the engines that an expression surely is one of; empty if it may be something else.

        Args:
            file: the file.
            node: the expression.
        """
        return self._made(file, node, self._engines)

    def factories(self, file: SourceFile, node: ast.AST) -> tuple[SessionFactory, ...]:
        """Return the session factories (or sessions) that an expression surely is one of.

        Args:
            file: the file.
            node: the expression.
        """
        return self._made(file, node, self._factories)

    def function(self, file: SourceFile, node: ast.AST) -> Definition | None:
        """Return the function of the program that an expression names; None if it is none, or not known.

        Args:
            file: the file.
            node: the expression, such as the ``func`` of a call.
        """
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return self._method(file, node)
        found = self._origin(file, node)
        if found is None:
            return None
        home, owner, name = found
        definition = self.bindings(home).of(owner).functions.get(name)
        return (home, definition) if isinstance(definition, FunctionNode) else None

    def definitions(self) -> Iterator[Definition]:
        """Yield every function of the program."""
        for file in self.program.files:
            for function in file.nodes(ast.FunctionDef):
                yield file, function
            for coroutine in file.nodes(ast.AsyncFunctionDef):
                yield file, coroutine

    def assigned(self, file: SourceFile, node: ast.AST) -> tuple[SourceFile, ast.expr] | None:
        """Return the one expression that a name is bound to, and the file where it stands; None if there are more.

        Args:
            file: the file.
            node: the name, or an attribute of an imported module.
        """
        found = self._origin(file, node)
        if found is None:
            return None
        home, owner, name = found
        bindings = self.bindings(home).of(owner)
        values = bindings.assigned.get(name, [])
        if len(values) != 1 or values[0] is None or name in bindings.functions:
            return None
        return home, values[0]

    def origin_key(self, file: SourceFile, node: ast.Name) -> str:
        """Return a text that is the same for a name of a module wherever it is used; "" for a function's own names.

        Args:
            file: the file.
            node: the name.
        """
        found = self._origin(file, node)
        if found is None:
            is_bound = self.bindings(file).owner(node, node.id) is not None
            return "" if is_bound else file.imports.get(node.id, "")
        home, owner, name = found
        return f"{home.path}:{name}" if owner is home.tree else ""

    def _made(self, file: SourceFile, node: ast.AST, known: dict[tuple[str, int, int], Made]) -> tuple[Made, ...]:
        found: list[Made] = []
        return tuple(found) if self._collect(file, node, known, found, _STEPS) else ()

    def _collect(
        self, file: SourceFile, node: ast.AST, known: dict[tuple[str, int, int], Made], found: list[Made], steps: int
    ) -> bool:
        """Add what an expression is; False if it may be something else."""
        if not steps:
            return False
        if isinstance(node, ast.Call):
            place = file.place(node)
            made = known.get((place.file, place.line, place.column))
            if made is not None:
                found.append(made)
                return True
            if (file.name(node.func) or "").rpartition(".")[2] in _SCOPED and node.args:
                return self._collect(file, node.args[0], known, found, steps - 1)
            return self._collect_returned(file, node, known, found, steps)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            return self._collect_all(file, self._attribute(file, node), known, found, steps)
        origin = self._origin(file, node)
        if origin is None:
            return False
        home, owner, name = origin
        bindings = self.bindings(home).of(owner)
        if name in bindings.functions:
            return False
        return self._collect_all(home, bindings.assigned.get(name, []), known, found, steps)

    def _collect_all(
        self,
        file: SourceFile,
        values: list[ast.expr | None],
        known: dict[tuple[str, int, int], Made],
        found: list[Made],
        steps: int,
    ) -> bool:
        # ``engine = None`` first, and the engine when the application starts.
        given = [value for value in values if not (isinstance(value, ast.Constant) and value.value is None)]
        return bool(given) and all(
            value is not None and self._collect(file, value, known, found, steps - 1) for value in given
        )

    def _collect_returned(
        self, file: SourceFile, call: ast.Call, known: dict[tuple[str, int, int], Made], found: list[Made], steps: int
    ) -> bool:
        called = self.function(file, call.func)
        if called is None:
            return False
        home, function = called
        returned = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Return) and home.function(node) is function
        ]
        is_generator = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(function))
        return not is_generator and self._collect_all(home, returned, known, found, steps)

    def _origin(self, file: SourceFile, node: ast.AST) -> tuple[SourceFile, ast.AST, str] | None:
        """Return where a name is bound: the file, the function or module in it, and the name there."""
        if isinstance(node, ast.Name):
            owner = self.bindings(file).owner(node, node.id)
            if owner is not None:
                return file, owner, node.id
        dotted = file.name(node)
        if dotted is None or (isinstance(node, ast.Attribute) and not self._is_imported(file, node)):
            return None
        home = file
        for _ in range(_STEPS):
            located = self._locate(dotted, home)
            if located is None:
                return None
            home, name = located
            if self.bindings(home).module.has(name):
                return home, home.tree, name
            if name not in home.imports:
                return None
            dotted = home.imports[name]
        return None

    def _is_imported(self, file: SourceFile, node: ast.Attribute) -> bool:
        """Whether the first name of a dotted one is imported, and not bound by the file."""
        first: ast.AST = node
        while isinstance(first, ast.Attribute):
            first = first.value
        return (
            isinstance(first, ast.Name)
            and first.id in file.imports
            and self.bindings(file).owner(first, first.id) is None
        )

    def _locate(self, dotted: str, importer: SourceFile) -> tuple[SourceFile, str] | None:
        """Return the file of a dotted name and the one name in it."""
        module, _, name = dotted.rpartition(".")
        path = self.locator.path(module, importer.path) if module else None
        file = self._files.get(path) if path is not None else None
        return (file, name) if file is not None else None

    def _class(self, file: SourceFile, node: ast.AST) -> ast.ClassDef | None:
        above = file.parent(node)
        while above is not None and not isinstance(above, ast.ClassDef):
            above = file.parent(above)
        return above

    def _method(self, file: SourceFile, node: ast.Attribute) -> Definition | None:
        home = self._class(file, node)
        found = self.bindings(file).of(home).functions.get(node.attr) if home is not None else None
        return (file, found) if isinstance(found, FunctionNode) else None

    def _attribute(self, file: SourceFile, node: ast.Attribute) -> list[ast.expr | None]:
        """Return what a class assigns to an attribute of itself or its instances."""
        home = self._class(file, node)
        if home is None:
            return []
        values = list(self.bindings(file).of(home).assigned.get(node.attr, []))
        for target in ast.walk(home):
            if isinstance(target, ast.Attribute) and isinstance(target.ctx, ast.Store) and target.attr == node.attr:
                above = file.parent(target)
                values.append(above.value if isinstance(above, ast.Assign | ast.AnnAssign) else None)
        return values


def _key(made: Engine | SessionFactory) -> tuple[str, int, int]:
    return made.place.file, made.place.line, made.place.column

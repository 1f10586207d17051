"""What is looked up across a program's files: each index is made when it is first asked."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from greenshift.check.source.imports import import_statements
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.static.bindings import dotted
from greenshift.check.static.project import Project


class Indexes:
    """Calls, star imports, ``global`` declarations and kept state of a program.

    Args:
        project: the program's files.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._writers: dict[str, Mapping[str, list[FunctionNode]]] = {}
        self._calls: dict[str, list[tuple[SourceFile, ast.Call]]] = {}
        self._heirs: dict[str, list[tuple[SourceFile, ast.ClassDef]]] = {}
        self._handed: dict[str, bool] = {}
        self._stars: dict[str, list[ast.ImportFrom]] = {}
        self._states: dict[str, list[tuple[SourceFile, ast.expr]]] | None = None

    def global_writers(self, file: SourceFile) -> Mapping[str, list[FunctionNode]]:
        """Return the functions of a module that declare a name ``global``, by the name."""
        known = self._writers.get(file.path)
        if known is None:
            found: dict[str, list[FunctionNode]] = {}
            if "global " in file.text:
                for statement in file.nodes(ast.Global):
                    function = file.function(statement)
                    for name in statement.names if function is not None else ():
                        assert function is not None
                        found.setdefault(name, []).append(function)
            self._writers[file.path] = known = found
        return known

    def calls_named(self, name: str) -> list[tuple[SourceFile, ast.Call]]:
        """Return the calls in the program of anything whose last name is this one."""
        known = self._calls.get(name)
        if known is None:
            known = []
            for file in self.project.mentioning(name):
                for call in file.nodes(ast.Call):
                    called = call.func
                    last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
                    if last == name:
                        known.append((file, call))
            self._calls[name] = known
        return known

    def kept_in_state(self, name: str) -> list[tuple[SourceFile, ast.expr]]:
        """Return what the program assigns to ``app.state.NAME``, under whatever name it knows the application."""
        if self._states is None:
            self._states = {}
            for file in self.project.mentioning(".state."):
                for assign in file.nodes(ast.Assign) if not file.is_test else ():
                    for target in assign.targets:
                        owner, _, last = (dotted(target) or "").rpartition(".")
                        if owner.endswith(".state"):
                            self._states.setdefault(last, []).append((file, assign.value))
        return self._states.get(name, [])

    def heirs(self, file: SourceFile, cls: ast.ClassDef) -> list[tuple[SourceFile, ast.ClassDef]]:
        """Return the classes outside of tests that inherit from a class, by its name.

        Args:
            file: where the class is.
            cls: the class.
        """
        known = self._heirs.get(cls.name)
        if known is None:
            known = [
                (other, heir)
                for other in self.project.mentioning(cls.name)
                if not other.is_test
                for heir in other.nodes(ast.ClassDef)
                if any((dotted(base) or "").rpartition(".")[2] == cls.name for base in heir.bases)
            ]
            self._heirs[cls.name] = known
        return known

    def is_handed_on(self, name: str) -> bool:
        """Return whether a function of a name is used outside of tests otherwise than by calling it.

        Args:
            name: the function's name.
        """
        known = self._handed.get(name)
        if known is None:
            known = any(not file.is_test and _hands_on(file, name) for file in self.project.mentioning(name))
            self._handed[name] = known
        return known

    def star_imports(self, file: SourceFile) -> list[ast.ImportFrom]:
        """Return the star imports of a file."""
        known = self._stars.get(file.path)
        if known is None:
            known = [
                statement
                for statement in import_statements(file.tree)
                if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
            ]
            self._stars[file.path] = known
        return known


def _hands_on(file: SourceFile, name: str) -> bool:
    """Whether a file reads a name, or an attribute of that name, otherwise than to call it or to decorate with it."""
    nodes: list[ast.expr] = [node for node in file.nodes(ast.Name) if node.id == name]
    nodes += [node for node in file.nodes(ast.Attribute) if node.attr == name]
    for node in nodes:
        above = file.parent(node)
        if isinstance(getattr(node, "ctx", None), ast.Load) and not (
            isinstance(above, ast.Call) and above.func is node
        ):
            return True
    return False

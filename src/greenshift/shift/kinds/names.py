"""Where a name leads, by imports and definitions alone: through re-exports, stars and conditional imports."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.project import Class, Function, Module, Project
from greenshift.shift.project.traversal import children

SQLALCHEMY = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy")


def is_sqlalchemy(name: str, *last: str) -> bool:
    """Whether a dotted name is SQLAlchemy's (or SQLModel's) of one of the given last names."""
    root, _, _ = name.partition(".")
    return root in SQLALCHEMY and name.rpartition(".")[2] in last


def last_name(node: ast.AST) -> str:
    """Return the last part of a dotted name, generic arguments left out.

    Args:
        node: The name; of anything else it is empty.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return ""


@dataclass(frozen=True, slots=True)
class GlobalName:
    """A module-level name that is neither a function nor a class: an assigned variable."""

    module: Module
    name: str


@dataclass(frozen=True, slots=True)
class ExternalName:
    """A dotted name of a library."""

    name: str


@dataclass(frozen=True, slots=True)
class PackageName:
    """A module or package of the application."""

    name: str
    module: Module | None


Target = Class | Function | GlobalName | ExternalName | PackageName


class Names:
    """Resolves names of a project's modules.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self._assigned: dict[Module, set[str]] = {}

    def assigned(self, module: Module) -> set[str]:
        """Return the names that a module's own statements assign (not inside functions)."""
        found = self._assigned.get(module)
        if found is None:
            found = set()
            stack: list[ast.AST] = list(module.source.tree.body)
            while stack:
                node = stack.pop()
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
                    continue
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    found.add(node.id)
                if isinstance(node, ast.stmt | ast.expr | ast.withitem | ast.ExceptHandler | ast.match_case):
                    stack.extend(children(node))
            self._assigned[module] = found
        return found

    def global_name(self, module: Module, name: str, seen: frozenset[tuple[str, str]] = frozenset()) -> Target | None:
        """Return what a module's global name stands for.

        Args:
            module: The module.
            name: The name.
            seen: Names on the way here: imports may go in circles.
        """
        if (module.name, name) in seen:
            return None
        seen = seen | {(module.name, name)}
        defined = module.top.get(name)
        if defined is not None:
            return defined
        imported = module.imports.get(name)
        if imported is not None:
            if imported.name is None:
                return self._module(imported.module, module)
            return self.member(imported.module, imported.name, module, seen)
        if name in self.assigned(module):
            return GlobalName(module, name)
        for star in module.stars:
            other = self.project.module_named(star, module)
            if other is not None:
                found = self.global_name(other, name, seen)
                if found is not None:
                    return found
            elif not self.project.is_package(star) and star.partition(".")[0] in ("sqlalchemy", "sqlmodel"):
                return ExternalName(f"{star}.{name}")
        return None

    def member(
        self, module_name: str, name: str, importer: Module, seen: frozenset[tuple[str, str]] = frozenset()
    ) -> Target | None:
        """Return what ``from module_name import name`` binds."""
        module = self.project.module_named(module_name, importer)
        if module is not None:
            found = self.global_name(module, name, seen)
            if found is not None:
                return found
        submodule = self.project.module_named(f"{module_name}.{name}", importer)
        if submodule is not None:
            return PackageName(submodule.name, submodule)
        if module is None and not self.project.is_package(module_name):
            return ExternalName(f"{module_name}.{name}")
        if self.project.is_package(f"{module_name}.{name}"):
            return PackageName(f"{module_name}.{name}", None)
        return None

    def _module(self, name: str, importer: Module) -> Target:
        module = self.project.module_named(name, importer)
        if module is not None or self.project.is_package(name):
            return PackageName(module.name if module else name, module)
        return ExternalName(name)

    def resolve(self, module: Module, node: ast.expr) -> Target | None:
        """Return what a dotted expression at module level stands for."""
        if isinstance(node, ast.Name):
            return self.global_name(module, node.id)
        if isinstance(node, ast.Attribute):
            base = self.resolve(module, node.value)
            if isinstance(base, ExternalName):
                return ExternalName(f"{base.name}.{node.attr}")
            if isinstance(base, PackageName):
                return self.member(base.name, node.attr, module)
        if isinstance(node, ast.Subscript):
            return self.resolve(module, node.value)
        return None

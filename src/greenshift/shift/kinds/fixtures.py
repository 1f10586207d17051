"""What a function's decorators make of it, and which pytest fixture a parameter means."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.names import ExternalName, Names
from greenshift.shift.project import Function, Module, Project

PROPERTIES = {"property", "cached_property", "hybrid_property", "computed_field", "abstractproperty"}
KNOWN = {
    "staticmethod": "staticmethod",
    "classmethod": "classmethod",
    "contextmanager": "contextmanager",
    "asynccontextmanager": "contextmanager",
    "fixture": "fixture",
    "fixture_record": "fixture",
    "listens_for": "listener",
    "validates": "listener",
}


class Fixtures:
    """Finds traits and fixtures.

    Args:
        project: The project.
        names: Its names.
    """

    def __init__(self, project: Project, names: Names) -> None:
        self._names = names
        self._traits: dict[Function, frozenset[str]] = {}
        self._fixtures: dict[str, list[Function]] = {}
        self._meant: dict[tuple[str, Function], Function | None] = {}
        for function in project.functions:
            if function.decorators and "fixture" in self.traits(function):
                self._fixtures.setdefault(self.fixture_name(function), []).append(function)

    def traits(self, function: Function) -> frozenset[str]:
        """Return ``property``, ``staticmethod``, ``classmethod``, ``contextmanager``, ``fixture``, ``listener``."""
        found = self._traits.get(function)
        if found is None:
            found = frozenset(trait for node in function.decorators for trait in self._trait(function.module, node))
            self._traits[function] = found
        return found

    def _trait(self, module: Module, node: ast.expr) -> list[str]:
        if isinstance(node, ast.Call):
            node = node.func
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        target = self._names.resolve(module, node)
        if isinstance(target, ExternalName):
            name = target.name.rpartition(".")[2]
        elif target is not None:
            return []
        if name in PROPERTIES:
            return ["property"]
        if name in ("setter", "getter", "deleter", "expression") and isinstance(node, ast.Attribute):
            return ["property", "accessor"]
        return [KNOWN[name]] if name in KNOWN else []

    def fixture_name(self, function: Function) -> str:
        """Return the name under which tests ask for a fixture."""
        for node in function.decorators:
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        return str(keyword.value.value)
        return function.name

    def scope(self, function: Function) -> str:
        """Return a fixture's scope."""
        for node in function.decorators:
            if isinstance(node, ast.Call):
                for keyword in node.keywords:
                    if keyword.arg == "scope" and isinstance(keyword.value, ast.Constant):
                        return str(keyword.value.value)
        return "function"

    def fixture(self, name: str, requester: Function) -> Function | None:
        """Return the fixture that a parameter of a test or fixture means, as pytest chooses it.

        Args:
            name: The parameter's name.
            requester: The test or fixture.
        """
        key = (name, requester)
        if key not in self._meant:
            self._meant[key] = self._find(name, requester)
        return self._meant[key]

    def _find(self, name: str, requester: Function) -> Function | None:
        candidates = [
            one
            for one in self._fixtures.get(name, ())
            if one is not requester and (one.module is requester.module or _is_shared(one, requester))
        ]
        if not candidates:
            return None
        own = [one for one in candidates if one.module is requester.module]
        if own:
            same_class = [one for one in own if one.owner is requester.owner and one.owner is not None]
            return (same_class or own)[-1]
        folder = _folder(requester.module.file)
        best: Function | None = None
        depth = -1
        for one in candidates:
            where = _folder(one.module.file)
            if folder[: len(where)] == where:
                above_itself = one.name == requester.name and where == folder
                if len(where) > depth and not above_itself:
                    best, depth = one, len(where)
        return best if best is not None else candidates[-1]

    def takes_fixtures(self, function: Function) -> bool:
        """Whether pytest calls a function: a fixture, or a test of a test module."""
        if "fixture" in self.traits(function):
            return True
        return is_test_function(function)


def _is_shared(fixture: Function, requester: Function) -> bool:
    """Whether pytest may give a fixture to another module: what a test module defines is its own, unless imported."""
    name = fixture.module.file.rpartition("/")[2]
    if not name.startswith("test_") and not name.endswith("_test.py"):
        return True
    return fixture.name in requester.module.imports or fixture.module.name in requester.module.stars


def _folder(file: str) -> list[str]:
    return file.split("/")[:-1]


def is_test_function(function: Function) -> bool:
    """Whether pytest collects a function as a test."""
    if not function.module.is_test or not function.name.startswith("test"):
        return False
    if function.owner is not None:
        return True
    return function.parent is None

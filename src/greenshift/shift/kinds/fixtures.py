"""What a function's decorators make of it, and which pytest fixture a parameter means."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

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


@dataclass
class _Named:
    """The fixtures of one name, in the project's order.

    Attributes:
        shared: Those that every module may ask for, below their folder.
        by_folder: These by their module's folder.
        by_module: All of them by their module.
        of_tests: The functions' names of those that test modules define for themselves.
    """

    every: list[Function] = field(default_factory=list)
    shared: list[Function] = field(default_factory=list)
    by_folder: dict[tuple[str, ...], list[Function]] = field(default_factory=dict)
    by_module: dict[Module, list[Function]] = field(default_factory=dict)
    of_tests: set[str] = field(default_factory=set)

    def add(self, function: Function) -> None:
        self.every.append(function)
        self.by_module.setdefault(function.module, []).append(function)
        if _is_of_test_module(function):
            self.of_tests.add(function.name)
        else:
            self.shared.append(function)
            self.by_folder.setdefault(_folder(function.module.file), []).append(function)

    def seen_by(self, requester: Function) -> _Named:
        """Those that a test or fixture of another module may mean."""
        module = requester.module
        if not self.of_tests or not (module.stars or self.of_tests & module.imports.keys()):
            return self
        seen = _Named()
        for one in self.every:
            if not _is_of_test_module(one) or one.name in module.imports or one.module.name in module.stars:
                seen.shared.append(one)
                seen.by_folder.setdefault(_folder(one.module.file), []).append(one)
        return seen


class Fixtures:
    """Finds traits and fixtures.

    Args:
        project: The project.
        names: Its names.
    """

    def __init__(self, project: Project, names: Names) -> None:
        self._names = names
        self._traits: dict[Function, frozenset[str]] = {}
        self._fixtures: dict[str, _Named] = {}
        self._meant: dict[tuple[str, Function], Function | None] = {}
        for function in project.functions:
            if function.decorators and "fixture" in self.traits(function):
                self._fixtures.setdefault(self.fixture_name(function), _Named()).add(function)

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
        named = self._fixtures.get(name)
        if named is None:
            return None
        own = [one for one in named.by_module.get(requester.module, ()) if one is not requester]
        if own:
            same_class = [one for one in own if one.owner is requester.owner and one.owner is not None]
            return (same_class or own)[-1]
        seen = named.seen_by(requester)
        folder = _folder(requester.module.file)
        for depth in range(len(folder), -1, -1):
            for one in seen.by_folder.get(folder[:depth], ()):
                if one is not requester and not (depth == len(folder) and one.name == requester.name):
                    return one
        return next((one for one in reversed(seen.shared) if one is not requester), None)

    def takes_fixtures(self, function: Function) -> bool:
        """Whether pytest calls a function: a fixture, or a test of a test module."""
        if "fixture" in self.traits(function):
            return True
        return is_test_function(function)


def _is_of_test_module(fixture: Function) -> bool:
    """Whether a test module defines a fixture: it is the module's own, unless another one imports it."""
    name = fixture.module.file.rpartition("/")[2]
    return name.startswith("test_") or name.endswith("_test.py")


def _folder(file: str) -> tuple[str, ...]:
    return tuple(file.split("/")[:-1])


def is_test_function(function: Function) -> bool:
    """Whether pytest collects a function as a test."""
    if not function.module.is_test or not function.name.startswith("test"):
        return False
    if function.owner is not None:
        return True
    return function.parent is None

"""The whole application: its modules, and which of them a dotted name means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from greenshift.shift.project.symbols import Class, Function, Module

if TYPE_CHECKING:
    from greenshift.shift.project.loading import SkippedFile


class Project:
    """An application's parsed modules.

    Args:
        modules: The modules, named by their path from the root.
        skipped: The files left out, with the reason.
        packages: The folders that hold an ``__init__.py``.
        templates: The text of each file that may be a Jinja template, by relative path.
    """

    def __init__(
        self,
        modules: Sequence[Module],
        skipped: Sequence[SkippedFile],
        packages: set[str],
        templates: Mapping[str, str] | None = None,
    ) -> None:
        self.templates = dict(templates or {})
        self.modules = list(modules)
        self.skipped = list(skipped)
        self.by_file = {module.file: module for module in modules}
        self._by_name = {module.name: module for module in modules}
        self._by_suffix: dict[str, list[Module]] = {}
        for module in modules:
            parts = module.name.split(".")
            for index in range(1, len(parts)):
                self._by_suffix.setdefault(".".join(parts[index:]), []).append(module)
        self._nearest: dict[tuple[str, str], Module] = {}
        self._below: dict[str, dict[tuple[str, ...], Module]] = {}
        self._folders: set[str] = set()
        for module in modules:
            parts = module.name.split(".")
            for begin in range(len(parts)):
                for stop in range(begin + 1, len(parts)):
                    self._folders.add(".".join(parts[begin:stop]))

    @cached_property
    def functions(self) -> list[Function]:
        """Every function of every module."""
        return [function for module in self.modules for function in module.functions]

    @cached_property
    def classes(self) -> list[Class]:
        """Every class of every module."""
        return [class_ for module in self.modules for class_ in module.classes]

    def module_named(self, name: str, importer: Module | None = None) -> Module | None:
        """Return the module that a dotted name means.

        The root of imports may be the folder itself or any folder below it (``src``, ``backend/app``): of several
        modules that could be meant, the one that shares most of its path with the importer wins.

        Args:
            name: The absolute dotted name.
            importer: The module that imports it.
        """
        exact = self._by_name.get(name)
        if exact is not None:
            return exact
        candidates = self._by_suffix.get(name)
        if not candidates:
            return None
        if importer is None or len(candidates) == 1:
            return candidates[0]
        key = (name, importer.file)
        found = self._nearest.get(key)
        if found is None:
            below = self._below.get(name)
            if below is None:
                below = self._below[name] = _first_below(candidates)
            path = tuple(importer.file.split("/"))
            found = next(below[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in below)
            self._nearest[key] = found
        return found

    def let_go(self) -> None:
        """Undo what refers to each other, at the end of a stage: it is freed then, without a search for cycles."""
        for cls in self.classes:
            cls.functions.clear()
            cls.all_functions.clear()
        for module in self.modules:
            for kept in (module.functions, module.classes, module.top, module.by_node):
                kept.clear()

    def is_package(self, name: str) -> bool:
        """Whether a dotted name is a folder of the application, with or without ``__init__.py``."""
        return name in self._folders


def _first_below(modules: Sequence[Module]) -> dict[tuple[str, ...], Module]:
    """The first of some modules below each folder that holds any of them."""
    found: dict[tuple[str, ...], Module] = {}
    for module in modules:
        path = tuple(module.file.split("/"))
        for depth in range(len(path) + 1):
            found.setdefault(path[:depth], module)
    return found

"""Which file of a program a dotted name means."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.source.modules import Modules


class Locator:
    """Finds the files of modules, each name once.

    Args:
        paths: the program's files, those that have to do with SQLAlchemy.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        known = list(paths)
        self._modules = Modules(known)
        self._parts = {part for path in known for part in path.removesuffix(".py").split("/")}
        self._found: dict[tuple[str, str], str | None] = {}

    def path(self, dotted: str, importer: str) -> str | None:
        """Return the path of a module; None if it is none of the program's.

        Args:
            dotted: the module's dotted name.
            importer: the importing file's path: of several modules that fit, the nearest is meant.
        """
        first, last = dotted.partition(".")[0], dotted.rpartition(".")[2]
        if first not in self._parts or last not in self._parts:
            return None
        key = (dotted, importer.rpartition("/")[0])
        if key not in self._found:
            location = self._modules.locate(dotted, importer)
            self._found[key] = self._modules.at(location) if location is not None else None
        return self._found[key]

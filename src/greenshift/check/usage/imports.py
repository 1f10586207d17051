"""Which files of a program import which."""

from __future__ import annotations

import ast
from functools import cached_property

from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.names import Names


class ImportGraph:
    """Which files of a program import which, as far as they have to do with SQLAlchemy.

    Args:
        names: what the program's names mean.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._reached: dict[str, frozenset[str]] = {}
        self._direct: dict[str, set[str]] = {}

    def is_imported(self, path: str) -> bool:
        """Return whether another file that is no test imports a file.

        Args:
            path: the file's path.
        """
        return path in self._all_imported

    @cached_property
    def _all_imported(self) -> frozenset[str]:
        return frozenset(
            path
            for file in self._names.program.files
            if not file.is_test
            for path in self._imported(file)
            if path != file.path
        )

    def reaches(self, path: str, wanted: str) -> bool:
        """Return whether a file is another one, or imports it, through others too.

        Args:
            path: the importing file's path.
            wanted: the other's path.
        """
        if path not in self._reached:
            found = {path}
            pending = [path]
            while pending:
                file = self._names.file(pending.pop())
                for imported in self._imported(file) if file is not None else ():
                    if imported not in found:
                        found.add(imported)
                        pending.append(imported)
            self._reached[path] = frozenset(found)
        return wanted in self._reached[path]

    def _imported(self, file: SourceFile) -> set[str]:
        if file.path not in self._direct:
            self._direct[file.path] = self._search(file)
        return self._direct[file.path]

    def _search(self, file: SourceFile) -> set[str]:
        dotted = set(file.imports.values())
        for statement in file.nodes(ast.Import):
            dotted.update(alias.name for alias in statement.names)
        found = set()
        for name in dotted:
            # ``app.database.engine`` is a name of the module ``app.database``; importing that runs ``app`` too.
            while name:
                path = self._names.locator.path(name, file.path)
                if path is not None:
                    found.add(path)
                name = name.rpartition(".")[0]
        return found

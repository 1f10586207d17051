"""What is left out: test code, ignored paths, lines with a comment that says so."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from greenshift.explain.n_plus_one.loops import Loop, enclosing_loop, is_fixture, statement_lines
from greenshift.explain.n_plus_one.stack import Site, Stack
from greenshift.ignore_comments import is_ignored
from greenshift.trace import CallSite, is_test_file

_NAME: Final = "n+1"
_TEST_FOLDERS: Final = frozenset({"tests", "test"})


class Exclusions:
    """Says which places are not to be reported.

    Args:
        ignored_paths: globs of files or folders, relative to ``root``.
        root: the project's folder; None for the current one.
        loops_in_tests: whether test code counts as any other.
    """

    def __init__(self, ignored_paths: Sequence[str], root: Path | None, loops_in_tests: bool) -> None:
        self._globs = tuple(glob.rstrip("/") for glob in ignored_paths)
        self._root = os.path.abspath(Path.cwd() if root is None else root)
        self._loops_in_tests = loops_in_tests

    def is_test(self, site: Site) -> bool:
        """Return whether a place is in code of the tests, which may loop as it likes.

        That is a ``test_*.py``, ``*_test.py`` or ``conftest.py``, a file under a folder ``tests`` of the project,
        a function named ``test_...`` and a fixture.
        """
        if self._loops_in_tests:
            return False
        if self.in_test_file(site.file) or any(name.startswith("test_") for name in site.function.split(".")):
            return True
        return is_fixture(site)

    def is_repeated_by_test(self, stack: Stack) -> bool:
        """Return whether it may have been the test that went through a loop, and not the application."""
        if self._loops_in_tests:
            return False
        return stack.is_repeated or any(self.is_test(site) and enclosing_loop(site) is not None for site in stack.sites)

    def in_test_file(self, file: str) -> bool:
        """Return whether a whole file is code of the tests."""
        if self._loops_in_tests:
            return False
        *folders, name = self._relative(file).split("/")
        return is_test_file(name) or not _TEST_FOLDERS.isdisjoint(folders)

    def is_ignored(self, *places: Site | Loop | CallSite | None) -> bool:
        """Return whether the user asked for silence about any of these places.

        Args:
            places: those that have a part in a finding. A comment may stand on any line of their statements.
        """
        return any(
            self._in_ignored_path(place.file) or is_ignored(place.file, statement_lines(place.file, place.line), _NAME)
            for place in places
            if place is not None
        )

    def _in_ignored_path(self, file: str) -> bool:
        name = self._relative(file)
        return any(fnmatch.fnmatch(name, glob) or fnmatch.fnmatch(name, f"{glob}/*") for glob in self._globs)

    def _relative(self, file: str) -> str:
        """Return a file's path below the root with slashes; of a file elsewhere its name alone."""
        path = os.path.abspath(file)
        if path.startswith(os.path.join(self._root, "")):
            return os.path.relpath(path, self._root).replace(os.sep, "/")
        return os.path.basename(path)

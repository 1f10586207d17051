"""Lines and files in which blocking calls are allowed: by the user, or because they are a test's own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePath
from typing import Final

from greenshift.ignore_comments import is_ignored
from greenshift.trace import is_test_file

_TEST_FOLDERS: Final = frozenset({"test", "tests"})


class Ignored:
    """What the user allows.

    Args:
        paths: patterns of files, or folders, relative to ``root`` or absolute.
        root: the project's folder; by default the working directory.
    """

    def __init__(self, paths: Sequence[str], root: Path | None) -> None:
        self._root = os.path.abspath(root or os.getcwd())
        self._patterns = tuple(os.path.normpath(os.path.join(self._root, path)) for path in paths)

    def __call__(self, file: str, line: int) -> bool:
        """Return whether a blocking call is allowed there."""
        path = os.path.abspath(file)
        if self._is_test(path):
            return True
        if any(fnmatch(path, pattern) or path.startswith(pattern + os.sep) for pattern in self._patterns):
            return True
        return is_ignored(file, [line], "blocking")

    def _is_test(self, path: str) -> bool:
        """Return whether a file is a test's own: by its name, or in a folder ``tests`` of the project."""
        inside = path.startswith(self._root + os.sep)
        *folders, name = PurePath(os.path.relpath(path, self._root) if inside else os.path.basename(path)).parts
        return is_test_file(name) or not _TEST_FOLDERS.isdisjoint(folders)

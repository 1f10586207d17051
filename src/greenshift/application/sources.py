"""The Python files of an application."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SKIPPED: Final = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", "site-packages", ".tox"})
_TEST_FILE: Final = re.compile(r"(?:^|/)(?:tests?/.*|conftest|test_[^/]*|[^/]*_test)\.py$")
_MIGRATION: Final = re.compile(r"(?:^|/)migrations/")


def sources(tree: Path) -> Iterator[tuple[str, str]]:
    """Give each Python file's path, relative to the tree, and its text.

    Args:
        tree: the application's folder; what is installed in it is left out.
    """
    return _read(tree, _files(tree))


def sources_that_run(tree: Path) -> Iterator[tuple[str, str]]:
    """Give likewise the files of the application itself: no tests, no migrations.

    Args:
        tree: the application's folder.
    """
    return _read(tree, (path for path in _files(tree) if not is_test(path) and not _MIGRATION.search(path)))


def is_test(path: str) -> bool:
    """Return whether a file belongs to the tests.

    Args:
        path: relative to the application's folder.
    """
    return _TEST_FILE.search(path) is not None


def mentions(tree: Path, word: str) -> bool:
    """Return whether a word stands in one of the files.

    Args:
        tree: the application's folder.
        word: the word.
    """
    return any(word in text for _, text in sources(tree))


def _files(tree: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(tree):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(files):
            if name.endswith(".py"):
                yield (Path(folder) / name).relative_to(tree).as_posix()


def _read(tree: Path, paths: Iterator[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        try:
            text = (tree / path).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        yield path, text

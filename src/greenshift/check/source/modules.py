"""What files are called as modules, and which file a dotted name means."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from functools import cached_property
from typing import Final

# Libraries: a file of the project that happens to have such a name is not what ``import sqlalchemy`` means.
_LIBRARIES: Final = frozenset(
    {
        "alembic",
        "asyncpg",
        "celery",
        "databases",
        "decouple",
        "dotenv",
        "environs",
        "fastapi",
        "flask",
        "flask_sqlalchemy",
        "greenlet",
        "litestar",
        "psycopg",
        "psycopg2",
        "pydantic",
        "pydantic_settings",
        "pytest",
        "redis",
        "rq",
        "sqlalchemy",
        "sqlmodel",
        "starlette",
        "typer",
    }
)


class Modules:
    """The Python files of a project by their dotted names.

    Args:
        paths: the files, relative to the folder that is checked, with forward slashes.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(path for path in paths if path.endswith(".py"))

    @cached_property
    def _by_last(self) -> dict[str, list[tuple[str, ...]]]:
        """The parts of files' dotted names, from the top folder, by the last of them."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for path in sorted(self._paths):
            parts = _parts(path)
            if parts:
                found.setdefault(parts[-1], []).append(parts)
        return found

    @cached_property
    def _folders(self) -> frozenset[str]:
        found = set()
        for path in self._paths:
            folder = posixpath.dirname(path)
            while folder and folder not in found:
                found.add(folder)
                folder = posixpath.dirname(folder)
        return frozenset(found)

    def name(self, path: str) -> str:
        """Return a file's dotted name, as the program imports it.

        The name begins below the folder above the outermost package; where folders are no packages, below ``src`` or
        the top folder.

        Args:
            path: the file's path.
        """
        parts = _parts(path)
        folder = posixpath.dirname(path)
        if f"{folder}/__init__.py".lstrip("/") in self._paths and folder:
            while folder and f"{folder}/__init__.py" in self._paths:
                folder = posixpath.dirname(folder)
            above = len([part for part in folder.split("/") if part])
            return ".".join(parts[above:])
        return ".".join(parts[1:] if len(parts) > 1 and parts[0] in ("src", "lib") else parts)

    def relative(self, path: str, level: int, module: str) -> str | None:
        """Return the folder or file, without ``.py``, that a relative import names; None if it leaves the top folder.

        Args:
            path: the importing file.
            level: the number of dots.
            module: the dotted name behind them.
        """
        folder = posixpath.dirname(path)
        for _ in range(level - 1):
            if not folder:
                return None
            folder = posixpath.dirname(folder)
        return posixpath.join(folder, *module.split(".")) if module else folder

    def at(self, location: str) -> str | None:
        """Return the file of a location without ``.py``, a module or a package's ``__init__``; None if there is none.

        Args:
            location: such as ``app/db``.
        """
        for path in (f"{location}.py", f"{location}/__init__.py" if location else "__init__.py"):
            if path in self._paths:
                return path
        return None

    def is_folder(self, location: str) -> bool:
        """Return whether a location is a folder with Python files below it.

        Args:
            location: such as ``app/db``.
        """
        return location in self._folders

    def locate(self, name: str, importer: str) -> str | None:
        """Return the location (without ``.py``) of an absolute dotted name; None if it is none of the project's.

        Args:
            name: such as ``app.db``.
            importer: the importing file: of several files that fit, the nearest is meant.
        """
        wanted = tuple(name.split("."))
        if wanted[0] in _LIBRARIES:
            return None
        roots = [
            parts[: len(parts) - len(wanted)]
            for parts in self._by_last.get(wanted[-1], ())
            if parts[-len(wanted) :] == wanted
        ] or self._roots(wanted)
        if not roots:
            return None
        here = tuple(importer.split("/")[:-1])
        root = max(roots, key=lambda root: (_nearness(root, here), -len(root), root))
        return posixpath.join(*root, *wanted)

    def _roots(self, wanted: tuple[str, ...]) -> list[tuple[str, ...]]:
        """Roots under which a dotted name is a folder without ``__init__``."""
        tail = "/".join(wanted)
        return [
            tuple(part for part in folder[: -len(tail)].split("/") if part)
            for folder in sorted(self._folders)
            if folder == tail or folder.endswith(f"/{tail}")
        ]


def _parts(path: str) -> tuple[str, ...]:
    parts = path.removesuffix(".py").split("/")
    return tuple(parts[:-1] if parts[-1] == "__init__" else parts)


def _nearness(root: tuple[str, ...], here: tuple[str, ...]) -> int:
    """How near a root is: a root above the importing file counts all its parts, another one what both share, less."""
    count = 0
    for one, other in zip(root, here, strict=False):
        if one != other:
            break
        count += 1
    return count * 2 + (1 if count == len(root) else 0)

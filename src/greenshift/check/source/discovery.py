"""The files that are checked: found below folders, without what is no source of the project."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from greenshift.check.errors import CheckError
from greenshift.check.source.ignoring import Pattern, is_ignored, patterns

_FOLDERS: Final = frozenset({"node_modules", "site-packages", "__pycache__", "__pypackages__", "build", "dist", "venv"})
# What says the requirements, and how the program is started.
_PROJECT_FILE: Final = re.compile(
    r"pyproject\.toml|setup\.cfg|Pipfile|Procfile|[\w.-]*requirements[\w.-]*\.(txt|in)|(.*[.-])?Dockerfile([.-].*)?"
    r"|(docker-)?compose[\w.-]*\.ya?ml"
)
_IN_REQUIREMENTS: Final = re.compile(r"[\w.-]+\.(txt|in)")


@dataclass(frozen=True, slots=True)
class FoundFiles:
    """The files that are checked.

    Attributes:
        root: the folder that paths are relative to.
        stamps: size in bytes and time of change in nanoseconds, by path with forward slashes, sorted by path.
        notes: what could not be looked into, one line each.
    """

    root: Path
    stamps: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...] = ()


def find_files(paths: Sequence[Path], exclude: Sequence[str] = (), root: Path | None = None) -> FoundFiles:
    """Find the Python files, and the files that say requirements and deployment, below some paths.

    Left out are hidden folders, virtual environments, ``node_modules``, ``build`` and ``dist``, caches, what a
    ``.gitignore`` names and what is excluded; a file that is named itself is taken in any case.

    Args:
        paths: folders and files.
        exclude: globs as in a ``.gitignore``, relative to ``root``.
        root: the folder that paths are relative to; by default the only folder, else the working directory or what
            the paths share.

    Raises:
        CheckError: a path does not exist, or lies outside of ``root``.
    """
    for path in paths:
        if not path.exists():
            raise CheckError(f"{path} does not exist", "give a folder or a Python file that exists")
    resolved = [path.resolve() for path in paths]
    base = root.resolve() if root is not None else _root(resolved)
    found: dict[str, tuple[int, int]] = {}
    notes: list[str] = []
    excluded = patterns(exclude)
    for path in resolved:
        try:
            relative = path.relative_to(base).as_posix()
        except ValueError:
            raise CheckError(f"{path} lies outside of {base}", "check it on its own") from None
        if path.is_file():
            _stamp(path, relative, found, notes)
        else:
            given = _above(base, relative)
            for file, name in _walk(path, "" if relative == "." else relative, given, excluded, notes):
                _stamp(Path(file), name, found, notes)
    return FoundFiles(base, dict(sorted(found.items())), tuple(notes))


def _root(paths: Sequence[Path]) -> Path:
    if len(paths) == 1 and paths[0].is_dir():
        return paths[0]
    here = Path.cwd().resolve()
    if all(path.is_relative_to(here) for path in paths):
        return here
    return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in paths]))


def _above(base: Path, relative: str) -> list[Pattern]:
    """The patterns of the folders from the root down to, but without, the folder where the walk begins."""
    given: list[Pattern] = []
    parts = [] if relative == "." else relative.split("/")
    for depth in range(len(parts)):
        given += _ignore_file(base.joinpath(*parts[:depth]), "/".join(parts[:depth]))
    return given


def _ignore_file(folder: Path, relative: str) -> list[Pattern]:
    try:
        return patterns((folder / ".gitignore").read_text("utf-8", errors="replace").splitlines(), relative)
    except OSError:
        return []


def _walk(
    folder: Path, relative: str, given: list[Pattern], excluded: Sequence[Pattern], notes: list[str]
) -> Iterator[tuple[str, str]]:
    pending = [(str(folder), relative, given)]
    while pending:
        current, name, above = pending.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            notes.append(f"{name or '.'} could not be looked into: {error.strerror or error}")
            continue
        names = {entry.name for entry in entries}
        if "pyvenv.cfg" in names and name:
            continue
        ignored = [*above, *(_ignore_file(Path(current), name) if ".gitignore" in names else [])]
        for entry in entries:
            path = f"{name}/{entry.name}" if name else entry.name
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
            except OSError:
                continue
            if is_folder and _is_foreign(entry.name):
                continue
            if not is_folder and not _is_wanted(path, entry.name):
                continue
            if is_ignored(path, ignored, is_folder=is_folder) or is_ignored(path, excluded, is_folder=is_folder):
                continue
            if is_folder:
                pending.append((entry.path, path, ignored))
            elif not (entry.is_symlink() and not os.path.isfile(entry.path)):
                yield entry.path, path


def _is_foreign(name: str) -> bool:
    return name.startswith(".") or name in _FOLDERS or name.endswith(".egg-info")


def _is_wanted(path: str, name: str) -> bool:
    if name.endswith(".py") or _PROJECT_FILE.fullmatch(name):
        return True
    return "requirements/" in f"/{path}" and _IN_REQUIREMENTS.fullmatch(name) is not None


def _stamp(file: Path, name: str, found: dict[str, tuple[int, int]], notes: list[str]) -> None:
    try:
        state = file.stat()
    except OSError as error:
        notes.append(f"{name} could not be read: {error.strerror or error}")
        return
    found[name] = (state.st_size, state.st_mtime_ns)

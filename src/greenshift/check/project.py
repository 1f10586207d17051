"""What is checked: a project's folder, what it says of itself, and which of its files are shown."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from greenshift.check.configuration import CheckConfiguration, read_configuration
from greenshift.check.errors import CheckError
from greenshift.config import load_config

# What lies in the folder of a project that says nothing to Greenshift.
_MARKERS: Final = ("pyproject.toml", "setup.cfg", "setup.py", "requirements.txt", "Pipfile", "manage.py", ".git")


@dataclass(frozen=True)
class CheckedProject:
    """One project.

    Attributes:
        root: its folder; all of it is read, since what one file says depends on others.
        shown: the files and folders whose findings are shown, relative to the root; empty for all.
        configuration: what it says in ``[tool.greenshift.check]`` and ``[tool.greenshift.services]``.
    """

    root: Path
    shown: tuple[str, ...] = ()
    configuration: CheckConfiguration = field(default_factory=CheckConfiguration)

    def shows(self, file: str) -> bool:
        """Return whether a finding in a file is shown.

        Args:
            file: relative to the root; what is no file is shown.
        """
        return not self.shown or any(file == one or file.startswith(f"{one}/") for one in self.shown)


def find_projects(paths: Sequence[Path], directory: Path) -> list[CheckedProject]:
    """Return the projects to which paths belong.

    That is the nearest folder at or above a path with a table ``[tool.greenshift]``; else the nearest one that looks
    like a project's; else the path's own.

    Args:
        paths: files and folders; none for the project of the working directory.
        directory: the working directory.

    Raises:
        CheckError: a path does not exist.
        ConfigurationError: a configuration cannot be used.
    """
    if not paths:
        root, configuration = _project_of(directory)
        shown = tuple(_inside(root, root / name) for name in configuration.paths)
        for name in configuration.paths:
            _exists(root / name, f"{name}, which [tool.greenshift.check] names,")
        return [CheckedProject(root, _narrowed(shown), configuration)]
    projects: dict[Path, CheckedProject] = {}
    for path in paths:
        _exists(directory / path, str(path))
        whole = Path(os.path.abspath(directory / path))
        root, configuration = _project_of(whole if whole.is_dir() else whole.parent)
        shown = (_inside(root, whole),)
        if root in projects:
            shown = (*projects[root].shown, *shown) if projects[root].shown else ()
        projects[root] = CheckedProject(root, _narrowed(shown), configuration)
    return list(projects.values())


def shown_from(roots: Iterable[Path], directory: Path) -> Path:
    """Return the folder from which files are named: the project's, or the working directory above it.

    Args:
        roots: the projects' folders.
        directory: the working directory.
    """
    roots = list(roots)
    directory = Path(os.path.abspath(directory))
    if all(root.is_relative_to(directory) for root in roots):
        return directory
    return roots[0] if len(roots) == 1 else Path(os.path.commonpath(roots))


def _project_of(folder: Path) -> tuple[Path, CheckConfiguration]:
    folder = Path(os.path.abspath(folder))
    config = load_config(folder)
    if config.configured:
        root = Path(os.path.abspath(config.root))
        return root, read_configuration(config.check, config.services, str(config.root / "pyproject.toml"))
    for root in (folder, *folder.parents):
        if any((root / marker).exists() for marker in _MARKERS):
            return root, CheckConfiguration()
    return folder, CheckConfiguration()


def _exists(path: Path, name: str) -> None:
    if not path.exists():
        raise CheckError(f"{name} does not exist", "name a file or a folder of the application")


def _inside(root: Path, path: Path) -> str:
    return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()


def _narrowed(shown: tuple[str, ...]) -> tuple[str, ...]:
    return () if "." in shown else shown

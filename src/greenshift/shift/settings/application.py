"""The project files of an application, and what each of them needs after the shift."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from greenshift.patch import Change, decoded
from greenshift.shift.settings.environment_files import (
    changed_compose,
    changed_dockerfile,
    changed_env,
    changed_workflow,
)
from greenshift.shift.settings.facts import Edited, Note, SettingsFacts
from greenshift.shift.settings.greenshift_table import GreenshiftTable, changed_table
from greenshift.shift.settings.pipfile import changed_pipfile, pipfile_requirements
from greenshift.shift.settings.plan import lists_sqlalchemy, wanted, wanted_by_tests
from greenshift.shift.settings.pyproject import changed_pyproject, pyproject_requirements
from greenshift.shift.settings.pytest_settings import FILES, changed_pytest_settings, holds_settings, new_pytest_ini
from greenshift.shift.settings.requirement import Requirement
from greenshift.shift.settings.requirements_file import changed_requirements, read_requirements
from greenshift.shift.settings.setup_cfg import changed_setup_cfg, setup_cfg_requirements

_REQUIREMENTS: Final = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.(?:txt|in)|constraints.*\.txt")
_COMPOSE: Final = re.compile(r"(?:docker-)?compose(?:[.-].*)?\.ya?ml")
_LOCKS: Final = {
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}
_NOT_CHANGED: Final = frozenset({"setup.py", "environment.yml", "environment.yaml", "conda.yml"})
# What makes a folder a program of its own.
_PROJECTS: Final = frozenset({"pyproject.toml", "setup.py", "Pipfile"})
_TEST: Final = re.compile(r"conftest\.py|test_.*\.py|.*_test\.py")
_MAX_SIZE: Final = 2_000_000
_NO_SOURCE: Final = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"})


def settings_changes(root: Path, facts: SettingsFacts) -> tuple[list[Change], list[Note]]:
    """Return the changes of an application's project files; nothing is written.

    Args:
        root: the application's folder.
        facts: what is known of it.

    Returns:
        The changes, and what a person should know of them.
    """
    files = _Files(root)
    for path in files.named(lambda path: _is_environment_file(path) is not None):
        change = _is_environment_file(path)
        if change is not None:
            files.change(path, lambda text, change=change: change(text, facts.url_variables, facts.postgres_driver))  # type: ignore[misc]
    homes = _change_requirements(files, facts)
    if facts.tests_turned_async:
        _change_pytest_settings(files, homes)
    if facts.greenshift is not None:
        _add_greenshift_table(files, homes, facts.greenshift)
    if facts.alembic_sync:
        for path in files.named(lambda path: path.name == "alembic.ini"):
            files.notes.append(Note(str(path), None, "left as it is: Alembic stays synchronous, with the old driver"))
    return files.changes(), files.notes


class _Files:
    """The project files that are there, and as they are to be."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = sorted(_walk(root))
        self.notes: list[Note] = []
        self.projects = frozenset(path.parent for path in self.paths if path.name in _PROJECTS)
        self._old: dict[PurePosixPath, bytes | None] = {}
        self._new: dict[PurePosixPath, str] = {}

    def named(self, wanted_path: Callable[[PurePosixPath], bool]) -> list[PurePosixPath]:
        return [path for path in self.paths if wanted_path(path)]

    def text(self, path: PurePosixPath) -> str | None:
        """What a file holds, with the changes so far; None where it cannot be read."""
        if path in self._new:
            return self._new[path]
        try:
            if (self.root / path).stat().st_size > _MAX_SIZE:
                return None
            content = (self.root / path).read_bytes()
        except OSError:
            return None
        found = decoded(content, str(path))
        if found is None:
            return None
        self._old[path] = content
        return found.text

    def change(self, path: PurePosixPath, change: Callable[[str], Edited]) -> None:
        text = self.text(path)
        if text is None:
            return
        edited = change(text)
        self.notes += [Note(str(path), line, said) for line, said in edited.notes]
        if edited.text != text:
            self._new[path] = edited.text

    def create(self, path: PurePosixPath, text: str) -> None:
        self._old[path] = None
        self._new[path] = text

    def changes(self) -> list[Change]:
        found = []
        for path, text in sorted(self._new.items()):
            old = self._old[path]
            before = None if old is None else decoded(old, str(path))
            new = text.encode() if before is None else before.encode(text)
            if new != old:
                found.append(Change(str(path), old, new))
        return found


def _walk(root: Path) -> Iterator[PurePosixPath]:
    for folder, folders, names in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = [
            one
            for one in folders
            if one not in _NO_SOURCE
            and (not one.startswith(".") or one == ".github")
            and not os.path.exists(os.path.join(folder, one, "pyvenv.cfg"))
        ]
        for name in names:
            yield PurePosixPath(here.as_posix()) / name


def _is_environment_file(path: PurePosixPath) -> Callable[..., Edited] | None:
    name = path.name
    if name == ".env" or name.startswith(".env.") or name.endswith(".env") or name in ("env.example", "env.sample"):
        return changed_env
    if _COMPOSE.fullmatch(name):
        return changed_compose
    if name == "Dockerfile" or name.startswith("Dockerfile.") or name.endswith(".Dockerfile"):
        return changed_dockerfile
    if path.parts[:2] == (".github", "workflows") and name.endswith((".yml", ".yaml")):
        return changed_workflow
    return None


def _is_requirements(path: PurePosixPath) -> bool:
    in_folder = path.parent.name == "requirements" and path.suffix in (".txt", ".in")
    return in_folder or _REQUIREMENTS.fullmatch(path.name) is not None


def _lists(files: _Files, path: PurePosixPath) -> list[list[Requirement | None]]:
    """The lists of requirements in a file."""
    text = files.text(path)
    if text is None:
        return []
    if path.name == "pyproject.toml":
        return pyproject_requirements(text)
    if path.name == "setup.cfg":
        return setup_cfg_requirements(text)
    if path.name == "Pipfile":
        return pipfile_requirements(text)
    return [list(read_requirements(text).entries)] if _is_requirements(path) else []


def _change_requirements(files: _Files, facts: SettingsFacts) -> set[PurePosixPath]:
    """Change the requirements, and return the folders in which SQLAlchemy is listed."""
    lists = {path: found for path in files.paths if (found := _lists(files, path))}
    homes = {path.parent for path, found in lists.items() if any(lists_sqlalchemy(one) for one in found)}
    if not homes:
        needed = [one.requirement for one in (*wanted(facts), *wanted_by_tests(facts))]
        files.notes.append(
            Note(
                ".",
                None,
                f"no file lists SQLAlchemy: install sqlalchemy[asyncio] and {', '.join(needed)} where it comes from",
            )
        )
        return homes
    # In a repository of several programs, the others' requirements are not ours.
    near = [path for path in lists if any(_is_near(path.parent, home, files.projects) for home in homes)]
    for path in near:
        if path.name == "pyproject.toml":
            files.change(path, lambda text: changed_pyproject(text, facts))
        elif path.name == "setup.cfg":
            files.change(path, lambda text: changed_setup_cfg(text, facts))
        elif path.name == "Pipfile":
            files.change(path, lambda text: changed_pipfile(text, facts))
    _change_requirements_files(files, [path for path in near if _is_requirements(path)], facts)
    _note_others(files, homes, facts)
    return homes


def _is_near(folder: PurePosixPath, home: PurePosixPath, projects: frozenset[PurePosixPath]) -> bool:
    """Whether what a folder lists is for the application of another: not so if a program of its own lies between."""
    if home.is_relative_to(folder):
        return True
    between = [one for one in (folder, *folder.parents) if one != home and one.is_relative_to(home)]
    return folder.is_relative_to(home) and not projects.intersection(between)


def _change_requirements_files(files: _Files, paths: list[PurePosixPath], facts: SettingsFacts) -> None:
    read = {path: read_requirements(files.text(path) or "") for path in paths}
    constrained = {_joined(path, name) for path, file in read.items() for name in file.constraints}
    everywhere = {name for file in read.values() for name in file.names}
    done: dict[PurePosixPath, frozenset[str]] = {}

    def visit(path: PurePosixPath, above: tuple[PurePosixPath, ...]) -> frozenset[str]:
        """Change what a file includes before the file itself, and return all names that it gives."""
        if path in done:
            return done[path]
        if path not in read or path in above:
            return frozenset()
        given = frozenset[str]().union(*(visit(_joined(path, name), (*above, path)) for name in read[path].includes))
        # A client of HTTP that the application has is there for its tests too, though another file lists it.
        known = given | ({"httpx"} & everywhere)
        constraints = path in constrained or path.name.startswith("constraints")
        files.change(path, lambda text: changed_requirements(text, facts, elsewhere=known, constraints=constraints))
        done[path] = given | read_requirements(files.text(path) or "").names
        return done[path]

    for path in paths:
        visit(path, ())


def _joined(path: PurePosixPath, name: str) -> PurePosixPath:
    return PurePosixPath(os.path.normpath(path.parent / name))


def _note_others(files: _Files, homes: set[PurePosixPath], facts: SettingsFacts) -> None:
    for path in files.paths:
        if path.name not in _LOCKS and path.name not in _NOT_CHANGED:
            continue
        if not any(_is_near(path.parent, home, files.projects) for home in homes):
            continue
        if path.name in _LOCKS and files.changes():
            files.notes.append(Note(str(path), None, f"it is older than what it locks now: {_LOCKS[path.name]}"))
        elif path.name in _NOT_CHANGED:
            text = files.text(path) or ""
            if re.search(r"\bsqlalchemy\b", text, re.IGNORECASE):
                needed = ", ".join(one.requirement for one in wanted(facts))
                files.notes.append(
                    Note(str(path), None, f"it lists SQLAlchemy and is not changed: add {needed} by hand")
                )


def _change_pytest_settings(files: _Files, homes: set[PurePosixPath]) -> None:
    changed = False
    folders = {PurePosixPath("."), *(path.parent for path in files.paths if path.name in FILES and len(path.parts) < 4)}
    for folder in sorted(folders):
        for name in FILES:
            path = folder / name
            if path in files.paths and holds_settings(name, files.text(path) or ""):
                files.change(path, lambda text, name=name: changed_pytest_settings(name, text))  # type: ignore[misc]
                changed = True
                break
    if changed:
        return
    above = _settings_above(files.root)
    if above is not None:
        text = ", ".join(new_pytest_ini().splitlines()[1:])
        files.notes.append(Note(os.path.relpath(above, files.root), None, f"pytest's settings are there: add {text}"))
        return
    files.create(_home_of_tests(files, homes) / "pytest.ini", new_pytest_ini())


def _add_greenshift_table(files: _Files, homes: set[PurePosixPath], table: GreenshiftTable) -> None:
    home = _home_of_tests(files, homes)
    near = [folder / "pyproject.toml" for folder in (home, *home.parents)]
    path = next((one for one in near if one in files.paths), home / "pyproject.toml")
    if path in files.paths:
        files.change(path, lambda text: changed_table(text, table))
    else:
        files.create(path, changed_table("", table).text)


def _home_of_tests(files: _Files, homes: set[PurePosixPath]) -> PurePosixPath:
    """The application's own folder, where that holds all tests: it may be all that a container gets."""
    tests = [path for path in files.paths if _TEST.fullmatch(path.name)]
    fitting = [home for home in homes if tests and all(path.is_relative_to(home) for path in tests)]
    return max(fitting, key=lambda one: len(one.parts), default=PurePosixPath("."))


def _settings_above(root: Path) -> Path | None:
    """Return the file above the application's folder from which pytest takes its settings, within the repository."""
    for folder in root.resolve().parents:
        if (folder / "..").resolve() == folder:
            return None
        for name in FILES:
            path = folder / name
            try:
                if path.is_file() and holds_settings(name, path.read_text()):
                    return path
            except (OSError, UnicodeDecodeError):
                continue
        if (folder / ".git").exists():
            return None
    return None

"""Finds and parses an application's files."""

from __future__ import annotations

import os
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from greenshift.shift.project.collection import collect_module
from greenshift.shift.project.project import Project
from greenshift.shift.project.source import Source

SKIPPED_FOLDERS = {
    "__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv", "virtualenv",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that could not be read as Python.

    Attributes:
        file: The path relative to the root.
        reason: Why, in one line.
    """

    file: str
    reason: str


def python_files(root: Path) -> Iterator[Path]:
    """Yield an application's Python files: no hidden folders, virtual environments or build output."""
    return files_ending(root, (".py",))


def files_ending(root: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Yield an application's own files of some kinds.

    Args:
        root: The application's folder.
        suffixes: How their names end.
    """
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and name not in SKIPPED_FOLDERS
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        yield from (Path(folder) / name for name in sorted(files) if name.endswith(suffixes))


def load_project(root: Path) -> Project:
    """Parse the application under a folder.

    A file that cannot be parsed is left out and named in ``project.skipped``.

    Args:
        root: The application's folder.
    """
    texts: dict[str, str] = {}
    skipped: list[SkippedFile] = []
    for path in python_files(root):
        file = path.relative_to(root).as_posix()
        try:
            with tokenize.open(path) as stream:
                texts[file] = stream.read()
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            skipped.append(SkippedFile(file, f"cannot be read: {error}"))
    return project_of(texts, skipped)


def project_of(
    texts: Mapping[str, str],
    skipped: list[SkippedFile] | None = None,
    sources: Mapping[str, Source] | None = None,
    templates: Mapping[str, str] | None = None,
) -> Project:
    """Return the project that some texts make.

    Args:
        texts: Relative path to text.
        skipped: Files already left out.
        sources: Texts that are parsed already, by relative path.
        templates: The text of each file that may be a Jinja template, by relative path.
    """
    parsed = sources or {}
    left_out = list(skipped or [])
    found: list[Source] = []
    for file, text in sorted(texts.items()):
        try:
            known = parsed.get(file)
            found.append(known if known is not None and known.text == text else Source(file, text))
        except SyntaxError as error:
            left_out.append(SkippedFile(file, f"does not parse (line {error.lineno}): {error.msg}"))
        except (ValueError, RecursionError, MemoryError) as error:
            left_out.append(SkippedFile(file, f"does not parse: {error}"))
    packages = {str(PurePosixPath(file).parent) for file in texts if PurePosixPath(file).name == "__init__.py"}
    modules = [
        collect_module(
            _dotted(source.file),
            source,
            is_package=source.file.endswith("__init__.py"),
            is_test=is_test_file(source.file),
        )
        for source in found
    ]
    return Project(modules, left_out, packages, templates or {})


def is_test_file(file: str) -> bool:
    """Whether a file is a test module, a ``conftest.py`` or lies in a folder of tests."""
    path = PurePosixPath(file)
    name = path.name
    return (
        name == "conftest.py"
        or name.startswith("test_")
        or name.endswith(("_test.py", "_tests.py"))
        or name == "tests.py"
        or any(part in ("tests", "test") for part in path.parts[:-1])
    )


def _dotted(file: str) -> str:
    path = PurePosixPath(file).with_suffix("")
    parts = path.parts[:-1] if path.name == "__init__" else path.parts
    return ".".join(parts) or "__init__"

"""Make a mirror, or bring one up to date: everything in memory, as one change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from greenshift.config import Config, load_config
from greenshift.patch import Change, ChangeSet, decoded
from greenshift.shift.errors import ShiftError
from greenshift.shift.garbage import rare_collections
from greenshift.shift.mirror.configuration import read_mirror
from greenshift.shift.mirror.conversion import convert
from greenshift.shift.mirror.generation import generate
from greenshift.shift.mirror.marks import asyncio_settings
from greenshift.shift.mirror.merging import Difference, merged, written_anew
from greenshift.shift.mirror.naming import mirror_file_name
from greenshift.shift.mirror.pieces import Generation, NotMirrored
from greenshift.shift.project import Source
from greenshift.shift.project.loading import is_test_file
from greenshift.shift.reading import Tree, read_tree
from greenshift.shift.rewrite.edits import EditConflictError

ROOT_FILES = (".git", "pyproject.toml", "setup.py", "setup.cfg", "tox.ini", "pytest.ini")
TESTS_FOLDERS = ("tests", "test", "testing")


@dataclass
class Mirror:
    """A mirror and what is to be done about it.

    Attributes:
        source: The test file, relative to the root.
        file: The mirror, relative to the root.
        changes: What writing it changes.
        differences: What is not as it would be written now, for a mirror that exists.
        left_out: What cannot be mirrored.
        tests: The number of tests mirrored.
        exists: Whether there was a mirror already.
    """

    source: str
    file: str
    changes: ChangeSet
    differences: list[Difference]
    left_out: list[NotMirrored]
    tests: int
    exists: bool

    @property
    def edited(self) -> list[Difference]:
        """The pieces that were edited by hand, and are not what they would be written as now."""
        return [one for one in self.differences if one.what == "edited"]

    def as_dict(self) -> dict[str, Any]:
        """Return the mirror for ``--json``."""
        return {
            "source": self.source,
            "mirror": self.file,
            "tests": self.tests,
            "changes": bool(self.changes),
            "differences": [
                {"name": one.name, "line": one.line, "what": one.what, "reason": one.reason} for one in self.differences
            ],
            "not_mirrored": [
                {"file": one.file, "line": one.line, "name": one.name, "reason": one.reason} for one in self.left_out
            ],
        }


@rare_collections()
def plan_mirror(path: Path, *, output: Path | None = None, force: bool = False) -> Mirror:
    """Work out a test file's mirror; nothing is written.

    Args:
        path: The test file.
        output: The mirror; None for ``test_async_...`` beside it.
        force: Whether pieces of the mirror that were edited by hand are written anew.

    Raises:
        ShiftError: The file is no Python file of tests, or nothing in it can be mirrored.
        ConfigurationError: ``[tool.greenshift]`` holds something unusable.
    """
    path = path.resolve()
    if not path.is_file():
        raise ShiftError(f"{path} is no file", "name a file of tests: greenshift mirror tests/test_postgres.py")
    config = load_config(path.parent)
    root = root_of(path, config)
    file = path.relative_to(root).as_posix()
    mirror_path = _mirror_path(root, file, output)
    mirror_file = mirror_path.relative_to(root).as_posix()
    tree = read_tree(root)
    _check_source(tree, file)
    texts = {name: text for name, text in tree.texts.items() if name != mirror_file}
    # Other mirrors are made of the same names; they say nothing of this file.
    tests = frozenset(name for name in texts if is_test_file(name) and (name == file or not _is_mirror(texts[name])))
    texts = {name: text for name, text in texts.items() if name in tests or not is_test_file(name)}
    try:
        converted = convert(texts, _parsing(texts, tests), read_mirror(config.mirror))
        generation = generate(file, texts, converted, asyncio_settings(path.parent, root))
    except (SyntaxError, EditConflictError) as error:
        # Never write what does not parse.
        raise ShiftError(
            f"the mirror of {file} cannot be written: {error}", "report it, with the test that it is about"
        ) from error
    content = mirror_path.read_bytes() if mirror_path.exists() else None
    if content is None:
        if not generation.pieces:
            raise _nothing(file, generation)
        text = written_anew(generation, path.name)
        changes = ChangeSet(root, [Change(mirror_file, None, text.encode())])
        return Mirror(file, mirror_file, changes, [], generation.left_out, generation.tests, exists=False)
    old = decoded(content, mirror_file)
    if old is None:
        raise ShiftError(f"{mirror_file} is no text", "correct it, or remove it to have it written anew")
    ends = "\r\n" if "\r\n" in old.text else "\n"
    try:
        result = merged(old.text.replace("\r\n", "\n"), generation, force=force)
    except SyntaxError as error:
        raise ShiftError(
            f"{mirror_file} does not parse (line {error.lineno})", "correct it, or remove it to have it written anew"
        ) from error
    new = old.encode(result.text.replace("\n", ends))
    changes = ChangeSet(root, [Change(mirror_file, content, new)])
    return Mirror(file, mirror_file, changes, result.differences, generation.left_out, generation.tests, exists=True)


def root_of(path: Path, config: Config) -> Path:
    """Return the project's folder: that of its configuration, else the nearest that looks like one.

    Args:
        path: A file of the project, absolute.
        config: What was found for it.
    """
    if config.configured:
        return config.root.resolve()
    for folder in path.parents:
        # Tests may have settings of their own; the application lies outside of their folder.
        if folder.name not in TESTS_FOLDERS and any((folder / name).exists() for name in ROOT_FILES):
            return folder
    above = [folder for folder in path.parents if folder.name in TESTS_FOLDERS]
    return above[-1].parent if above else path.parent


def _mirror_path(root: Path, file: str, output: Path | None) -> Path:
    if output is None:
        return root / mirror_file_name(file)
    path = output.resolve()
    if path == root / file or root not in path.parents or path.suffix != ".py":
        raise ShiftError(f"{output} cannot be the mirror of {file}", "name another Python file inside of the project")
    if not path.parent.is_dir():
        raise ShiftError(f"{path.parent} is no folder", "make it, or name a file in another one")
    return path


def _check_source(tree: Tree, file: str) -> None:
    text = tree.texts.get(file)
    if text is None or not is_test_file(file):
        raise ShiftError(
            f"{file} is no Python file of tests", "name one, whose name begins with test_, outside of hidden folders"
        )
    try:
        Source(file, text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise ShiftError(f"{file} does not parse{f' (line {line})' if line else ''}", "correct it first") from error
    if _is_mirror(text):
        raise ShiftError(f"{file} is a mirror itself", "name the file of the sync tests")


def _is_mirror(text: str) -> bool:
    return "# greenshift mirror of " in text


def _parsing(texts: dict[str, str], files: frozenset[str]) -> frozenset[str]:
    """Those of some files that parse; the others stay out of the analysis as well."""
    found = set()
    for file in files:
        try:
            Source(file, texts[file])
        except (SyntaxError, ValueError):
            continue
        found.add(file)
    return frozenset(found)


def _nothing(file: str, generation: Generation) -> ShiftError:
    if generation.left_out:
        first = generation.left_out[0]
        return ShiftError(f"nothing of {file} can be mirrored; {first}", "see docs/mirror.md for what is mirrored how")
    return ShiftError(
        f"no sync test of {file} uses a database session or a model with async methods",
        "name its async counterparts under [tool.greenshift.mirror] names",
    )

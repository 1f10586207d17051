"""A version's code: a folder, or a git revision laid out in a temporary folder."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from greenshift.load.errors import LoadError


@dataclass(frozen=True)
class Source:
    """Where a version's code lies.

    Args:
        given: what the user wrote.
        folder: the application's folder.
        revision: the commit, shortened; None for a folder.
    """

    given: str
    folder: Path
    revision: str | None = None

    @property
    def name(self) -> str:
        """How reports name it: the folder's own name, or the revision; no path of the machine."""
        if self.revision is None:
            return self.folder.name
        return self.given if self.given.startswith(self.revision) else f"{self.given} ({self.revision})"


@contextmanager
def opened_source(given: str, current: Path | None = None) -> Iterator[Source]:
    """Give the code that ``PATH_OR_REF`` names, for as long as the block runs.

    A folder is taken as it is, and wins over a git revision of the same name. Of a revision the whole tree is laid out,
    and the folder in it that the current folder is in the repository.

    Args:
        given: a folder, or a revision of the git repository of the current folder.
        current: the current folder.

    Raises:
        LoadError: it is neither.
    """
    current = (current or Path.cwd()).resolve()
    folder = (current / Path(given).expanduser()).resolve()
    if folder.is_dir():
        yield Source(given, folder)
        return
    if folder.exists():
        raise LoadError(f"{given} is a file", "name the application's folder, or a git revision")
    repository = _repository_of(current)
    if repository is None:
        raise LoadError(f"there is no folder {given}, and the current folder is in no git repository", "name a folder")
    commit = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{given}^{{commit}}")
    if commit is None:
        raise LoadError(
            f"{given!r} is neither a folder nor a git revision of {repository.name}", "name a folder, a branch or a tag"
        )
    revision = commit.decode().strip()
    place = current.relative_to(repository)
    temporary = Path(tempfile.mkdtemp(prefix="greenshift-load-"))
    try:
        archive = _git(repository, "archive", "--format=tar", revision)
        if archive is None:
            raise LoadError(f"git cannot lay out {given}", f"look at what `git archive {revision[:12]}` says")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(temporary, filter="tar")
        found = temporary / place
        if not found.is_dir():
            raise LoadError(f"{given} has no folder {place}", "start in the folder that the application had then")
        _copy_settings(current, found)
        yield Source(given, found, revision[:10])
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _repository_of(folder: Path) -> Path | None:
    found = _git(folder, "rev-parse", "--show-toplevel")
    return None if found is None else Path(found.decode().strip()).resolve()


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _copy_settings(current: Path, to: Path) -> None:
    """Copy the .env files that git does not keep: without them many an application does not start."""
    for file in current.glob(".env*"):
        if file.is_file() and not (to / file.name).exists():
            shutil.copy2(file, to / file.name)

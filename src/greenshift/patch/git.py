"""What git says of a tree."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from greenshift.patch.errors import DirtyTreeError, PatchError, named


@dataclass(frozen=True)
class GitState:
    """A git work tree.

    Args:
        top: the work tree's folder.
        dirty: the files under the path asked for that differ from the last commit, or that git does not know,
            relative to ``top``; what git ignores is not among them.
    """

    top: Path
    dirty: tuple[str, ...]


def git_state(root: Path) -> GitState | None:
    """Return what git says of a folder.

    Args:
        root: the folder.

    Returns:
        None where it lies in no git work tree, or git is not installed.

    Raises:
        PatchError: git refuses to look, for example since the folder belongs to another user.
    """
    try:
        top = _git(root, "rev-parse", "--show-toplevel")
    except FileNotFoundError:
        return None
    if top.returncode:
        said = top.stderr.decode(errors="replace").strip().partition("\n")[0]
        if "not a git repository" in said or "must be run in a work tree" in said:
            return None
        raise PatchError(f"git cannot look at {root}: {said}", "mend that, or run it with --allow-dirty")
    status = _git(
        root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--ignore-submodules=dirty", "--", "."
    )
    if status.returncode:
        said = status.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise PatchError(f"git cannot look at {root}: {said}", "mend that, or run it with --allow-dirty")
    return GitState(Path(os.fsdecode(top.stdout.rstrip(b"\n"))), tuple(_paths(status.stdout)))


def refuse_dirty(root: Path, *, allow_dirty: bool = False) -> None:
    """Make sure that a folder holds nothing that git has not got, so that git too can show what was changed.

    Args:
        root: the folder.
        allow_dirty: do not look.

    Raises:
        DirtyTreeError: it does; the message names the files.
    """
    state = None if allow_dirty else git_state(root)
    if state is not None and state.dirty:
        raise DirtyTreeError(
            f"{root} holds changes that are not committed: {named(state.dirty)}",
            "commit or stash them, or run it with --allow-dirty (greenshift rollback works either way)",
        )


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # A status that is only read must not write the index: somebody else may be at work in the repository.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    if not root.is_dir():
        raise PatchError(f"{root} is no folder", "name the folder of the application")
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, env=environment, check=False)


def _paths(status: bytes) -> list[str]:
    paths, fields = [], iter(status.split(b"\0"))
    for field in fields:
        if field:
            paths.append(os.fsdecode(field[3:]))
            if field[:1] in b"RC":
                # The path that it was renamed from.
                next(fields, None)
    return paths

"""The tree before: a temporary git worktree, or what the journal of the last shift holds."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from greenshift.patch import PatchError, restore_to
from greenshift.shift.verify.errors import VerifyError

# Fills an empty folder with the application as it was.
MakeTree = Callable[[Path], object]


@contextmanager
def tree_before(after: Path, revision: str, make_tree: MakeTree | None = None) -> Iterator[Path]:
    """Give the application's folder as it was, for as long as the block runs.

    Args:
        after: the folder as it is.
        revision: the git revision to take, where the folder is in a git repository.
        make_tree: fills a folder with the state before; in its place git, or outside of git the last shift's journal.

    Raises:
        VerifyError: there is no earlier state, or it equals the present one.
    """
    folder = Path(tempfile.mkdtemp(prefix="greenshift-before-"))
    repository = None if make_tree is not None else _repository_of(after)
    tree = folder / "tree"
    try:
        if repository is None:
            tree.mkdir()
            (make_tree or _from_journal(after))(tree)
            yield tree
            return
        _refuse_no_change(repository, after, revision)
        _git(repository, "worktree", "add", "--detach", "--force", str(tree), revision)
        before = tree / after.resolve().relative_to(repository)
        if not before.is_dir():
            raise VerifyError(f"{revision} has no folder {before.relative_to(tree)}", "give another --revision")
        _copy_ignored_settings(after, before)
        yield before
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if repository is not None:
            subprocess.run(["git", "-C", str(repository), "worktree", "prune"], capture_output=True, check=False)


def _from_journal(after: Path) -> MakeTree:
    def restore(folder: Path) -> None:
        try:
            restore_to(after, folder)
        except PatchError as error:
            raise VerifyError(
                f"{after} is in no git repository, and {error.problem}: its state before is not known",
                "name the folder of the application before: greenshift verify --before FOLDER",
            ) from error

    return restore


def _repository_of(folder: Path) -> Path | None:
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return Path(found.stdout.strip()).resolve() if found.returncode == 0 else None


def _refuse_no_change(repository: Path, after: Path, revision: str) -> None:
    differs = subprocess.run(
        ["git", "-C", str(repository), "diff", "--quiet", revision, "--", str(after.resolve())],
        capture_output=True,
        text=True,
        check=False,
    )
    if differs.returncode > 1:
        reason = (differs.stderr.strip().splitlines() or ["git diff failed"])[0]
        raise VerifyError(f"{revision!r} cannot be compared with: {reason}", "give a revision that git knows")
    untracked = _git(repository, "ls-files", "--others", "--exclude-standard", "--", str(after.resolve()))
    if differs.returncode == 0 and not any(line.endswith(".py") for line in untracked.splitlines()):
        raise VerifyError(
            f"{after} is the same as in {revision}: there is nothing to compare",
            "name the commit before the shift: greenshift verify --revision COMMIT",
        )


def _git(repository: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"git {arguments[0]} failed"])[-1]
        raise VerifyError(f"git cannot give the state before: {reason}", "correct that, or give --before FOLDER")
    return done.stdout


def _copy_ignored_settings(after: Path, before: Path) -> None:
    """Copy the .env files that git does not keep: without them many an application does not start."""
    for file in after.glob(".env*"):
        if file.is_file() and not (before / file.name).exists():
            shutil.copy2(file, before / file.name)

"""Where the state before comes from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from greenshift.patch import Change, ChangeSet
from greenshift.shift.verify.errors import VerifyError
from greenshift.shift.verify.running.trees import tree_before


def git(folder: Path, *arguments: str) -> str:
    names = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    done = subprocess.run(["git", *names, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "backend").mkdir(parents=True)
    (folder / "backend" / "app.py").write_text("before = True\n")
    (folder / ".gitignore").write_text(".env\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "before")
    return folder


def test_a_worktree_that_goes_again(repository: Path) -> None:
    (repository / "backend" / "app.py").write_text("after = True\n")
    (repository / "backend" / ".env").write_text("A=1\n")
    with tree_before(repository / "backend", "HEAD") as before:
        assert (before / "app.py").read_text() == "before = True\n"
        # git does not keep it, and without it the application does not start.
        assert (before / ".env").read_text() == "A=1\n"
        assert str(before.parent.resolve()) in git(repository, "worktree", "list")
    assert not before.exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 1
    assert (repository / "backend" / "app.py").read_text() == "after = True\n"


def test_it_goes_also_when_the_block_fails(repository: Path) -> None:
    (repository / "backend" / "app.py").write_text("after = True\n")
    with pytest.raises(KeyboardInterrupt), tree_before(repository, "HEAD") as before:
        raise KeyboardInterrupt
    assert not before.exists()
    assert len(git(repository, "worktree", "list").splitlines()) == 1


def test_an_earlier_revision(repository: Path) -> None:
    (repository / "backend" / "app.py").write_text("after = True\n")
    git(repository, "commit", "-qam", "after")
    with pytest.raises(VerifyError, match="nothing to compare"), tree_before(repository, "HEAD"):
        pass
    with tree_before(repository, "HEAD~1") as before:
        assert (before / "backend" / "app.py").read_text() == "before = True\n"


def test_a_revision_that_git_does_not_know(repository: Path) -> None:
    with pytest.raises(VerifyError, match="v77"), tree_before(repository, "v77"):
        pass


def test_outside_of_git_the_journal_of_the_last_shift(tmp_path: Path) -> None:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "app.py").write_text("before = True\n")
    ChangeSet(folder, [Change("app.py", b"before = True\n", b"after = True\n")]).apply()
    assert (folder / "app.py").read_text() == "after = True\n"
    with tree_before(folder, "HEAD") as before:
        assert (before / "app.py").read_text() == "before = True\n"
    assert not before.exists()


def test_no_git_and_no_journal(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match="no git repository") as caught, tree_before(tmp_path, "HEAD"):
        pass
    assert "--before" in caught.value.fix


def test_a_callable_makes_it(tmp_path: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "app.py").write_text("made = True\n")

    with tree_before(tmp_path, "HEAD", make) as before:
        assert (before / "app.py").read_text() == "made = True\n"
    assert not before.exists()

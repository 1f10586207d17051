"""What git says of a tree before it is changed, and that our own folder is none of its business."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from greenshift.patch import Change, ChangeSet, DirtyTreeError, PatchError, git_state, refuse_dirty


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "backend").mkdir()
    for name in ("backend/a.py", "backend/b.py", "other.py", ".gitignore"):
        (tmp_path / name).write_text("*.log\n" if name == ".gitignore" else "1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


def test_no_repository(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None
    refuse_dirty(tmp_path)


def test_no_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(repository) is None


def test_a_clean_tree(repository: Path) -> None:
    (repository / "ignored.log").write_text("")
    state = git_state(repository / "backend")
    assert state is not None
    assert (state.top.resolve(), state.dirty) == (repository.resolve(), ())
    refuse_dirty(repository)


def test_what_is_dirty_under_the_path(repository: Path) -> None:
    (repository / "other.py").write_text("2\n")
    refuse_dirty(repository / "backend")
    git(repository, "mv", "backend/a.py", "backend/ü z.py")
    (repository / "backend" / "b.py").unlink()
    (repository / "backend" / "new").mkdir()
    (repository / "backend" / "new" / "n.py").write_text("")
    state = git_state(repository / "backend")
    assert state is not None
    assert set(state.dirty) == {"backend/ü z.py", "backend/b.py", "backend/new/n.py"}
    with pytest.raises(DirtyTreeError, match=r"backend/b\.py") as caught:
        refuse_dirty(repository / "backend")
    assert "--allow-dirty" in caught.value.fix
    refuse_dirty(repository / "backend", allow_dirty=True)


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "a.py").write_text("")
    state = git_state(tmp_path)
    assert state is not None
    assert state.dirty == ("a.py",)


def test_git_does_not_see_our_folder(repository: Path) -> None:
    ChangeSet(repository, [Change("other.py", b"1\n", b"2\n")]).apply()
    assert git(repository, "status", "--porcelain") == " M other.py\n"
    assert git(repository, "check-ignore", ".greenshift/shift").strip() == ".greenshift/shift"


def test_git_that_refuses(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".git" / "config").write_text("[core]\nrepositoryformatversion = 99\n")
    with pytest.raises(PatchError, match="git cannot look at"):
        git_state(tmp_path)
    refuse_dirty(tmp_path, allow_dirty=True)

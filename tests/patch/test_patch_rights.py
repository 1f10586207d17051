"""Files and folders that cannot be written: one line what happened, one what to do, and nothing changed."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from patch.trees import snapshot

from greenshift.patch import Change, ChangeSet, PatchError, history, recover, rollback


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.py").write_bytes(b"b")
    (tmp_path / "a.py").chmod(0o444)
    before = snapshot(tmp_path)
    with pytest.raises(PatchError, match=r"cannot be written: a\.py") as caught:
        ChangeSet(tmp_path, [Change("a.py", b"a", b"x"), Change("b.py", b"b", b"x")]).apply()
    assert "chmod u+w" in caught.value.fix
    assert snapshot(tmp_path) == before


def test_a_folder_where_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    with pytest.raises(PatchError, match=r"a\.py is a folder"):
        ChangeSet(tmp_path, [Change("a.py", b"a", b"x")]).apply()


def test_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to("b.py")
    (tmp_path / "b.py").symlink_to("a.py")
    with pytest.raises(PatchError, match=r"a\.py cannot be reached"):
        ChangeSet(tmp_path, [Change("a.py", b"a", b"x")]).apply()


def test_a_file_where_a_folder_is_needed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    before = snapshot(tmp_path)
    with pytest.raises(PatchError):
        ChangeSet(tmp_path, [Change("a/b.py", None, b"x")]).apply()
    assert snapshot(tmp_path) == before


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(PatchError):
        ChangeSet(tmp_path, [Change("n" * 300 + ".py", None, b"x")]).apply()
    assert snapshot(tmp_path) == {}


def test_a_root_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for root in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(PatchError, match="is no folder"):
            ChangeSet(root, [Change("a.py", None, b"x")]).apply()
        with pytest.raises(PatchError, match="is no folder"):
            rollback(root)


def failing(name: str, at: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Make the n-th call of a function of ``os``, and all later ones of the tree's files, fail for want of room."""
    real, calls = getattr(os, name), 0

    def fake(*arguments: object, **options: object) -> object:
        nonlocal calls
        if ".greenshift/" not in str(arguments[0]):
            calls += 1
            if calls == at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, fake)
    return lambda: calls


@pytest.mark.parametrize("name", ["replace", "open"])
@pytest.mark.parametrize("at", range(1, 7))
def test_a_full_disk_leaves_the_tree_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, at: int
) -> None:
    changes = []
    for number in range(6):
        (tmp_path / f"{number}.py").write_bytes(b"a")
        changes.append(Change(f"{number}.py", b"a", b"b"))
    before = snapshot(tmp_path)
    calls = failing(name, at, monkeypatch)
    with pytest.raises(PatchError, match="No space left on device") as caught:
        ChangeSet(tmp_path, changes).apply()
    assert calls() >= at
    assert "Traceback" not in str(caught.value)
    assert "nothing was changed" in caught.value.problem
    monkeypatch.undo()
    assert snapshot(tmp_path) == before
    assert history(tmp_path) == []
    assert recover(tmp_path) == []
    ChangeSet(tmp_path, changes).apply()
    assert snapshot(tmp_path) != before


def test_where_even_the_way_back_fails_rollback_finishes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / f"{number}.py").write_bytes(b"a")
    before = snapshot(tmp_path)
    real, calls = os.replace, 0

    def fake(source: str, target: str) -> None:
        nonlocal calls
        if ".greenshift/" not in str(source):
            calls += 1
            if calls > 2:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(source))
        real(source, target)

    monkeypatch.setattr(os, "replace", fake)
    with pytest.raises(PatchError, match="some files were changed already") as caught:
        ChangeSet(tmp_path, [Change(f"{number}.py", b"a", b"b") for number in range(4)]).apply()
    assert "greenshift rollback" in caught.value.fix
    monkeypatch.undo()
    rollback(tmp_path)
    assert snapshot(tmp_path) == before


UNPRIVILEGED = """
import json, os, sys
from pathlib import Path
from greenshift.patch import Change, ChangeSet, PatchError, history, rollback
root, action = Path(sys.argv[1]), sys.argv[2]
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    if action == "apply":
        ChangeSet(root, [Change("a.py", b"a", b"b"), Change("locked/b.py", b"a", b"b")]).apply()
    else:
        rollback(root)
    print(json.dumps(None))
except PatchError as error:
    print(json.dumps([error.problem, error.fix]))
"""


def as_nobody(root: Path, action: str) -> list[str] | None:
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(root), action], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[str] | None = json.loads(done.stdout)
    return found


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A tree that everybody may write, below folders that everybody may pass."""
    root = Path(tempfile.mkdtemp(dir="/tmp", prefix="greenshift-rights-"))
    root.chmod(0o777)
    (root / "locked").mkdir()
    for name in ("a.py", "locked/b.py"):
        (root / name).write_bytes(b"a")
        (root / name).chmod(0o666)
    (root / "locked").chmod(0o777)
    yield root
    shutil.rmtree(root)


def test_missing_rights_are_said_before_anything_is_changed(open_folder: Path) -> None:
    (open_folder / "locked").chmod(0o555)
    before = snapshot(open_folder)
    said = as_nobody(open_folder, "apply")
    assert said is not None
    assert said[0] == "cannot be written: locked/b.py"
    assert snapshot(open_folder) == before
    (open_folder / "locked").chmod(0o777)
    assert as_nobody(open_folder, "apply") is None
    (open_folder / "locked").chmod(0o555)
    said = as_nobody(open_folder, "rollback")
    assert said is not None
    assert "the rollback is not finished" in said[0]
    (open_folder / "locked").chmod(0o777)
    assert as_nobody(open_folder, "rollback") is None
    assert (open_folder / "a.py").read_bytes() == b"a"
    assert (open_folder / "locked" / "b.py").read_bytes() == b"a"


def test_a_root_that_may_not_be_written(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    said = as_nobody(open_folder, "apply")
    assert said is not None
    assert ".greenshift cannot be written: Permission denied" in said[0]


def test_a_file_that_may_not_be_read(open_folder: Path) -> None:
    (open_folder / "a.py").chmod(0o200)
    said = as_nobody(open_folder, "apply")
    assert said is not None
    assert "a.py cannot be read: Permission denied" in said[0]

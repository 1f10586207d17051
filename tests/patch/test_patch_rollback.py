"""Changes are taken back one after the other, and what the user wrote since is not lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from patch.trees import snapshot

from greenshift.patch import Change, ChangeSet, PatchError, combine, history, recover, restore_to, rollback


def change(root: Path, old: bytes | None, new: bytes | None, name: str = "a.py", label: str = "shift") -> str:
    done = ChangeSet(root, [Change(name, old, new)]).apply(label=label)
    assert done.id is not None
    return done.id


def test_back_through_the_history(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    names = [change(tmp_path, b"1", b"2"), change(tmp_path, b"2", b"3"), change(tmp_path, b"3", None)]
    assert [one.id for one in history(tmp_path)] == names[::-1]
    assert rollback(tmp_path).id == names[2]
    assert (tmp_path / "a.py").read_bytes() == b"3"
    rollback(tmp_path)
    change(tmp_path, b"2", b"other")
    rollback(tmp_path)
    done = rollback(tmp_path)
    assert (done.label, done.files, done.kept) == ("shift", ("a.py",), ())
    assert (tmp_path / "a.py").read_bytes() == b"1"
    with pytest.raises(PatchError, match="nothing was changed"):
        rollback(tmp_path)


def test_where_nothing_was_ever_changed(tmp_path: Path) -> None:
    with pytest.raises(PatchError, match="nothing was changed"):
        rollback(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mine", [b"mine", None])
def test_a_file_that_the_user_changed_since(tmp_path: Path, mine: bytes | None) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_bytes(b"1")
    ChangeSet(tmp_path, [Change("a.py", b"1", b"2"), Change("b.py", b"1", b"2")]).apply()
    if mine is None:
        (tmp_path / "a.py").unlink()
    else:
        (tmp_path / "a.py").write_bytes(mine)
    before = snapshot(tmp_path)
    with pytest.raises(PatchError, match=r"changed after the shift that is to be taken back: a\.py\n"):
        rollback(tmp_path)
    assert snapshot(tmp_path) == before
    done = rollback(tmp_path, force=True)
    assert (tmp_path / "a.py").read_bytes() == (tmp_path / "b.py").read_bytes() == b"1"
    assert {path: at.read_bytes() for path, at in done.kept} == ({} if mine is None else {"a.py": mine})
    assert all(at.is_relative_to(tmp_path / ".greenshift" / "kept") for _, at in done.kept)


def test_a_file_that_the_user_made_where_one_was_deleted(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    change(tmp_path, b"1", None)
    (tmp_path / "a.py").write_bytes(b"mine")
    with pytest.raises(PatchError, match=r"a\.py"):
        rollback(tmp_path)
    assert dict(rollback(tmp_path, force=True).kept)["a.py"].read_bytes() == b"mine"
    assert (tmp_path / "a.py").read_bytes() == b"1"


def test_a_folder_that_was_made_stays_if_the_user_put_something_there(tmp_path: Path) -> None:
    change(tmp_path, None, b"1", "new/deep/a.py")
    (tmp_path / "new" / "mine.txt").write_bytes(b"mine")
    rollback(tmp_path)
    assert snapshot(tmp_path).keys() == {"new", "new/mine.txt"}


def test_several_changes_become_one(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    before = snapshot(tmp_path)
    first = (
        change(tmp_path, b"0", b"1", "b.py") if (tmp_path / "b.py").exists() else change(tmp_path, None, b"b", "b.py")
    )
    names = [change(tmp_path, b"1", b"2", label="heal"), change(tmp_path, None, b"c", "new/c.py", label="heal")]
    middle = snapshot(tmp_path)
    made = combine(tmp_path, names, label="heal")
    assert snapshot(tmp_path) == middle
    assert [(one.id, one.label) for one in history(tmp_path)] == [(made, "heal"), (first, "shift")]
    rollback(tmp_path)
    assert snapshot(tmp_path).keys() == {"a.py", "b.py"}
    rollback(tmp_path)
    assert snapshot(tmp_path) == before


def test_changes_that_come_to_nothing_leave_no_entry(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"1")
    names = [change(tmp_path, b"1", b"2"), change(tmp_path, b"2", b"1")]
    assert combine(tmp_path, names, label="heal") is None
    assert history(tmp_path) == []


@pytest.mark.parametrize("content", [b"old", b"new"])
@pytest.mark.parametrize("together", [True, False])
def test_a_file_deleted_and_made_again_gets_its_rights_back(tmp_path: Path, content: bytes, together: bool) -> None:
    (tmp_path / "a.py").write_bytes(b"old")
    (tmp_path / "a.py").chmod(0o600)
    before = snapshot(tmp_path)
    names = [change(tmp_path, b"old", None), change(tmp_path, None, content)]
    assert snapshot(tmp_path) != before
    if together:
        assert combine(tmp_path, names, label="heal") is not None
    while history(tmp_path):
        rollback(tmp_path)
    assert snapshot(tmp_path) == before


def test_only_the_last_changes_can_become_one(tmp_path: Path) -> None:
    names = [change(tmp_path, None, b"1"), change(tmp_path, b"1", b"2")]
    with pytest.raises(PatchError, match="is not the end of the history"):
        combine(tmp_path, names[:1], label="heal")


def test_the_state_before_the_shift_in_another_folder(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    (root / "app").mkdir(parents=True)
    for name in ("a.py", "app/gone.py"):
        (root / name).write_bytes(b"1")
    (root / "a.py").chmod(0o755)
    (root / "link").symlink_to("app")
    before = snapshot(root)
    ChangeSet(
        root, [Change("a.py", b"1", b"2"), Change("app/gone.py", b"1", None), Change("n/n.py", None, b"n")]
    ).apply()
    change(root, b"2", b"3", label="heal")
    for folder in (".git", ".venv", "app/__pycache__"):
        (root / folder).mkdir()
        (root / folder / "pyvenv.cfg").write_bytes(b"")
    now = snapshot(root)
    assert restore_to(root, tmp_path / "before") == tmp_path / "before"
    assert snapshot(tmp_path / "before") == before
    restore_to(root, root / "inside")
    assert snapshot(root / "inside") == before
    restore_to(root, tmp_path / "healed", label="heal")
    assert (tmp_path / "healed" / "a.py").read_bytes() == b"2"
    assert {name: what for name, what in snapshot(root).items() if not name.startswith("inside")} == now
    with pytest.raises(PatchError, match="is not empty"):
        restore_to(root, tmp_path / "before")


def test_a_damaged_journal_is_said(tmp_path: Path) -> None:
    name = change(tmp_path, None, b"1")
    (tmp_path / ".greenshift" / "shift" / name / "manifest.json").write_text("{")
    for call in (rollback, history):
        with pytest.raises(PatchError, match="is damaged"):
            call(tmp_path)
    (tmp_path / ".greenshift" / "shift" / name / "state").write_text("?")
    with pytest.raises(PatchError, match="is damaged"):
        recover(tmp_path)


def test_only_the_owner_reads_what_is_kept(tmp_path: Path) -> None:
    change(tmp_path, None, b"1")
    assert os.stat(tmp_path / ".greenshift").st_mode & 0o077 == 0

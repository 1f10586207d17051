"""Changes are made whole: links, rights, line ends and encodings stay, and nothing outside of the tree is touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from patch.trees import snapshot

from greenshift.patch import Change, ChangeSet, PatchError, decoded, history, rollback


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_changed_made_and_deleted(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a\r\n")
    (tmp_path / "gone.py").write_bytes(b"gone")
    done = ChangeSet(
        tmp_path,
        [
            Change("a.py", b"a\r\n", b"b\r\n"),
            Change("gone.py", b"gone", None),
            Change("new/made.py", None, b"made"),
            Change("same.py", None, None),
        ],
    ).apply(label="shift")
    assert snapshot(tmp_path).keys() == {"a.py", "new", "new/made.py"}
    assert (tmp_path / "a.py").read_bytes() == b"b\r\n"
    assert done.files == ("a.py", "gone.py", "new/made.py")
    assert [(one.id, one.label, one.files) for one in history(tmp_path)] == [(done.id, "shift", done.files)]
    assert (tmp_path / ".greenshift" / ".gitignore").read_text() == "*\n"


def test_nothing_to_change_leaves_no_trace(tmp_path: Path) -> None:
    assert ChangeSet(tmp_path, [Change("a.py", b"a", b"a")]).apply().files == ()
    assert list(tmp_path.iterdir()) == []
    assert not ChangeSet(tmp_path, [])


def test_without_a_journal_nothing_but_the_files_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    assert ChangeSet(tmp_path, [Change("a.py", b"a", b"b")]).apply(journal=False).id is None
    assert [one.name for one in tmp_path.iterdir()] == ["a.py"]
    assert (tmp_path / "a.py").read_bytes() == b"b"


@pytest.mark.parametrize("rights", [0o644, 0o600, 0o755, 0o4755, 0o664])
def test_rights_stay(tmp_path: Path, rights: int) -> None:
    path = tmp_path / "run.py"
    path.write_bytes(b"a")
    path.chmod(rights)
    ChangeSet(tmp_path, [Change("run.py", b"a", b"b")]).apply()
    assert mode(path) == rights
    rollback(tmp_path)
    assert mode(path) == rights
    ChangeSet(tmp_path, [Change("run.py", b"a", None)]).apply()
    rollback(tmp_path)
    assert mode(path) == rights


def test_a_new_file_has_the_rights_that_the_process_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        ChangeSet(tmp_path, [Change("a.py", None, b"a")]).apply()
    finally:
        os.umask(before)
    assert mode(tmp_path / "a.py") == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"a")
    os.chown(path, 12345, 54321)
    ChangeSet(tmp_path, [Change("a.py", b"a", b"b")]).apply()
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 54321)


def test_links_stay_links_and_what_they_lead_to_is_changed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").write_bytes(b"a")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "link.py").symlink_to("folder/a.py")
    before = snapshot(tmp_path)
    ChangeSet(tmp_path, [Change("link.py", b"a", b"b")]).apply()
    assert (tmp_path / "link.py").is_symlink()
    assert (tmp_path / "real" / "a.py").read_bytes() == b"b"
    rollback(tmp_path)
    assert snapshot(tmp_path) == before
    ChangeSet(tmp_path, [Change("link.py", b"a", None)]).apply()
    assert (tmp_path / "real" / "a.py").read_bytes() == b"a"
    assert not os.path.lexists(tmp_path / "link.py")
    rollback(tmp_path)
    assert snapshot(tmp_path) == before


def test_a_file_that_gives_way_to_a_folder_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "models").write_bytes(b"a")
    before = snapshot(tmp_path)
    ChangeSet(tmp_path, [Change("models", b"a", None), Change("models/user.py", None, b"u")]).apply()
    assert (tmp_path / "models" / "user.py").read_bytes() == b"u"
    rollback(tmp_path)
    assert snapshot(tmp_path) == before


def test_one_file_by_two_paths(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"a")
    (tmp_path / "b.py").symlink_to("a.py")
    with pytest.raises(PatchError, match=r"a\.py and b\.py are one file"):
        ChangeSet(tmp_path, [Change("a.py", b"a", b"1"), Change("b.py", b"a", b"2")]).apply()
    ChangeSet(tmp_path, [Change("a.py", b"a", b"1"), Change("b.py", b"a", b"1")]).apply()
    assert (tmp_path / "b.py").read_bytes() == b"1"


@pytest.mark.parametrize(
    "path", ["../a.py", "/etc/hostname", "", ".", "x/../../a.py", ".git/config", ".greenshift/lock", "nul\0"]
)
def test_a_path_that_is_none_of_the_tree(tmp_path: Path, path: str) -> None:
    with pytest.raises(PatchError, match="is no file of the tree"):
        ChangeSet(tmp_path, [Change(path, None, b"a")]).apply()
    assert not list((tmp_path / ".greenshift" / "shift").iterdir())


def test_a_link_that_leads_out_of_the_tree(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "outside.py").write_bytes(b"a")
    (tmp_path / "tree" / "a.py").symlink_to("../outside.py")
    with pytest.raises(PatchError, match="outside of"):
        ChangeSet(tmp_path / "tree", [Change("a.py", b"a", b"b")]).apply()
    assert (tmp_path / "outside.py").read_bytes() == b"a"


@pytest.mark.parametrize(("on_disk", "old"), [(b"b", b"a"), (None, b"a"), (b"a", None)])
def test_a_file_that_changed_since_it_was_read(tmp_path: Path, on_disk: bytes | None, old: bytes | None) -> None:
    if on_disk is not None:
        (tmp_path / "a.py").write_bytes(on_disk)
    (tmp_path / "b.py").write_bytes(b"b")
    before = snapshot(tmp_path)
    with pytest.raises(PatchError, match=r"changed since it was read: a\.py"):
        ChangeSet(tmp_path, [Change("a.py", old, b"new"), Change("b.py", b"b", b"new")]).apply()
    assert snapshot(tmp_path) == before
    assert history(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xef\xbb\xbfx = '\xc3\xa4'\r\n", "x = 'ä'\r\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "# -*- coding: latin-1 -*-\nx = 'ä'\n"),
        ("x = 'ä'\n".encode(), "x = 'ä'\n"),
    ],
)
def test_bytes_as_text_and_back(content: bytes, text: str) -> None:
    found = decoded(content, "a.py")
    assert found is not None
    assert found.text == text
    assert found.encode(found.text) == content
    assert found.encode(text.replace("x", "y")) == content.replace(b"x", b"y")


@pytest.mark.parametrize("content", [b"x = '\xe4'\n", b"# coding: nonsense\n", b"\xef\xbb\xbf# coding: latin-1\n"])
def test_bytes_that_are_no_text(content: bytes) -> None:
    assert decoded(content, "a.py") is None

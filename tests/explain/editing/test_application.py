"""Edits are applied all or none, and undone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenshift.explain import Edit
from greenshift.explain.editing import EditError, apply, difference


def edit(path: Path, line: int, column: int, old: str, new: str) -> Edit:
    return Edit(str(path), line, column, old, new, "a change")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_bytes("first = 1\r\nsecond = 'ü'\nthird\n".encode())
    return path


def test_several_edits_of_one_file_do_not_disturb_each_other(file: Path) -> None:
    applied = apply(
        [edit(file, 1, 0, "first", "the_first"), edit(file, 2, 12, "", ", 2"), edit(file, 3, 0, "third", "")]
    )
    assert file.read_bytes() == "the_first = 1\r\nsecond = 'ü', 2\n\n".encode()
    assert applied.files == (file,)


def test_undo_gives_every_byte_back(file: Path) -> None:
    before = file.read_bytes()
    apply([edit(file, 1, 0, "first", "x")]).undo()
    assert file.read_bytes() == before


def test_the_same_edit_twice_counts_once(file: Path) -> None:
    apply([edit(file, 3, 0, "", "await ")] * 2)
    assert file.read_text().endswith("\nawait third\n")


def test_one_edit_that_does_not_fit_changes_no_file(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("a\n")
    before = file.read_bytes()
    with pytest.raises(EditError, match=r"module\.py:1 does not hold 'second' any more") as raised:
        apply([edit(other, 1, 0, "a", "b"), edit(file, 1, 0, "second", "x")])
    assert raised.value.fix
    assert (other.read_text(), file.read_bytes()) == ("a\n", before)


def test_a_form_feed_ends_no_line(file: Path) -> None:
    file.write_text("a\n\x0c\nb\u2028c\nd\n")
    apply([edit(file, 4, 0, "d", "e")])
    assert file.read_text() == "a\n\x0c\nb\u2028c\ne\n"


def test_a_line_beyond_the_end_and_a_file_that_is_none_are_said(file: Path, tmp_path: Path) -> None:
    with pytest.raises(EditError, match="does not hold"):
        apply([edit(file, 99, 0, "x", "y")])
    with pytest.raises(EditError, match="cannot be read"):
        apply([edit(tmp_path / "nowhere.py", 1, 0, "", "x")])
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(EditError, match="is not UTF-8"):
        apply([edit(file, 1, 0, "", "x")])


def test_a_file_that_cannot_be_replaced_leaves_the_others_as_they_were(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.py"
    other.write_text("a\n")
    replace = os.replace

    def refuse(source: str, target: Path) -> None:
        if Path(target).name == "module.py" and b"changed" in Path(source).read_bytes():
            raise PermissionError(13, "Permission denied", str(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(EditError, match="cannot be written: Permission denied"):
        apply([edit(other, 1, 0, "a", "b"), edit(file, 3, 0, "third", "changed")])
    assert other.read_text() == "a\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["module.py", "other.py"]


def test_permissions_and_links_stay(file: Path, tmp_path: Path) -> None:
    file.chmod(0o750)
    link = tmp_path / "link.py"
    link.symlink_to(file)
    apply([edit(link, 3, 0, "third", "fourth")])
    assert link.is_symlink()
    assert file.read_text().endswith("fourth\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o750


def test_the_difference_is_a_patch_and_changes_nothing(file: Path) -> None:
    before = file.read_bytes()
    patch = difference([edit(file, 3, 0, "third", "fourth")])
    assert f"--- {file}\n+++ {file}\n" in patch
    assert "-third\n+fourth\n" in patch
    assert file.read_bytes() == before


@given(st.data())
def test_edits_that_do_not_overlap_give_what_they_say(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    lines = data.draw(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=("Cs",), exclude_characters="\r\n")), min_size=1
        )
    )
    path = tmp_path_factory.mktemp("property") / "file.py"
    path.write_bytes("\n".join(lines).encode())
    chosen = data.draw(st.sets(st.integers(1, len(lines))))
    expected, edits = list(lines), []
    for number in chosen:
        line = lines[number - 1]
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, len(line)))
        new = data.draw(st.text("abc()\n"))
        edits.append(edit(path, number, start, line[start:end], new))
        expected[number - 1] = line[:start] + new + line[end:]
    applied = apply(edits)
    assert path.read_bytes().decode() == "\n".join(expected)
    applied.undo()
    assert path.read_bytes().decode() == "\n".join(lines)

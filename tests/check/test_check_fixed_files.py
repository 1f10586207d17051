"""Edits reach the files' bytes: encoding, mark and line ends stay, and no file is broken."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from greenshift.check.fixed_files import fix_files
from greenshift.patch import rollback
from greenshift.report.findings import Edit, Finding, Place, Severity


def finding(*edits: tuple[int, int, int, int, str], file: str = "app.py") -> Finding:
    made = tuple(Edit(Place(file, line, column, end, last), new) for line, column, end, last, new in edits)
    return Finding("GS101", Severity.ERROR, "bad", Place(file, 1, 1, 1, 2), "mend", edits=made)


@pytest.mark.parametrize(
    ("encoding", "end"),
    # A declaration in a file of carriage returns alone is none that Python's tokenizer reads.
    [
        (one, end)
        for one in ("utf-8", "utf-8-sig", "latin-1")
        for end in ("\n", "\r\n", "\r")
        if (one, end) != ("latin-1", "\r")
    ],
)
def test_encoding_and_line_ends_stay(tmp_path: Path, encoding: str, end: str) -> None:
    head = "# coding: latin-1" if encoding == "latin-1" else "# no declaration"
    before = end.join([head, 'name = "é"', "x = f(1)", ""])
    (tmp_path / "app.py").write_bytes(before.encode(encoding))
    fixed = fix_files([finding((3, 7, 3, 8, "\n    2,\n"))], tmp_path)
    fixed.changes.apply(label="check")
    after = before.replace("f(1)", f"f({end}    2,{end})")
    assert (tmp_path / "app.py").read_bytes() == after.encode(encoding)
    rollback(tmp_path)
    assert (tmp_path / "app.py").read_bytes() == before.encode(encoding)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=3, max_size=12), st.data())
def test_lines_that_no_edit_touches_keep_their_ends(tmp_path: Path, ends: list[str], data: st.DataObject) -> None:
    lines = [f"x{number} = {number}" for number in range(len(ends))]
    (tmp_path / "app.py").write_bytes("".join(line + end for line, end in zip(lines, ends, strict=True)).encode())
    changed = data.draw(st.integers(1, len(lines)))
    (change,) = fix_files([finding((changed, 1, changed, 2, "renamed"))], tmp_path).changes.changes
    expected = [line.replace("x", "renamed") if n == changed else line for n, line in enumerate(lines, 1)]
    assert change.new is not None
    after = change.new.decode()
    assert after.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1] == expected
    for number, (line, end) in enumerate(zip(expected, ends, strict=True), 1):
        if number != changed:
            assert line + end in after


def test_a_file_that_would_be_broken_is_left(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("x = f(1)\n")
    (tmp_path / "good.py").write_text("x = f(1)\n")
    bad, good = finding((1, 6, 1, 7, "")), finding((1, 7, 1, 8, "2"), file="good.py")
    fixed = fix_files([bad, good], tmp_path)
    assert (fixed.applied, fixed.left) == ((good,), (bad,))
    assert [change.path for change in fixed.changes.changes] == ["good.py"]


def test_what_the_encoding_does_not_have_is_left(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(b"# coding: latin-1\nx = 1\n")
    one = finding((2, 5, 2, 6, '"я"'))
    assert fix_files([one], tmp_path).left == (one,)


def test_what_lies_elsewhere_or_is_gone_is_left(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "other.py").write_text("x = 1\n")
    elsewhere, gone = finding((1, 5, 1, 6, "2"), file="../other.py"), finding((1, 1, 1, 1, "x"), file="gone.py")
    fixed = fix_files([elsewhere, gone], tmp_path / "app")
    assert not fixed.changes
    assert fixed.left == (elsewhere, gone)

"""Known findings are left out, each once, wherever their lines move to."""

import json
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from greenshift.check.baseline import compare, read_baseline, write_baseline
from greenshift.check.errors import CheckError
from greenshift.report.findings import Finding, Place, Severity

LINE = 'engine = create_engine("postgresql://app:s3cret@db/shop")'
FOUND = Finding("GS101", Severity.ERROR, "bad", Place("app/db.py", 3, 1, 3, 9), "mend", line_text=LINE)
NAMED = replace(FOUND, subject="engine in app/db.py", place=Place("app/db.py", 9, 1, 9, 9))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "baseline.json"


def test_what_is_known_is_left_out_wherever_it_moves(file: Path) -> None:
    assert write_baseline(file, [FOUND, NAMED]) == 2
    moved = [replace(FOUND, place=Place("app/db.py", 30, 5, 30, 13), line_text=f"    {LINE}")]
    moved += [replace(NAMED, line_text="engine = make(\n", message="other words")]
    compared = compare(moved, read_baseline(file))
    assert (compared.new, compared.known, compared.gone) == ((), tuple(moved), ())


@pytest.mark.parametrize(
    "other",
    [
        replace(FOUND, rule="GS102"),
        replace(FOUND, place=Place("app/other.py", 3, 1, 3, 9)),
        replace(FOUND, line_text="engine = other()"),
        replace(NAMED, subject="replica in app/db.py"),
    ],
)
def test_another_finding_is_new(file: Path, other: Finding) -> None:
    write_baseline(file, [FOUND, NAMED])
    assert compare([other], read_baseline(file)).new == (other,)


def test_of_two_equal_findings_one_known_one_is_new(file: Path) -> None:
    write_baseline(file, [FOUND])
    compared = compare([FOUND, replace(FOUND, place=Place("app/db.py", 5, 1, 5, 9))], read_baseline(file))
    assert (len(compared.known), [one.place.line for one in compared.new]) == (1, [5])


def test_what_is_mended_is_told_with_its_count(file: Path) -> None:
    write_baseline(file, [FOUND, FOUND, NAMED])
    compared = compare([FOUND], read_baseline(file))
    assert [(one.rule, one.about, one.count) for one in compared.gone] == [
        ("GS101", 'engine = create_engine("postgresql://app:***@db/shop")', 1),
        ("GS101", "engine in app/db.py", 1),
    ]


def test_it_holds_no_secret_and_is_the_same_each_time(file: Path) -> None:
    write_baseline(file, [FOUND, NAMED])
    text = file.read_text()
    assert "s3cret" not in text
    write_baseline(file, [NAMED, FOUND])
    assert file.read_text() == text
    changed = replace(FOUND, line_text=LINE.replace("s3cret", "0ther"))
    assert compare([changed], read_baseline(file)).new == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Expecting value"),
        ("[]", "no version 1"),
        ('{"version": 2, "findings": []}', "no version 1"),
        ('{"version": 1}', "'findings' is missing"),
        ('{"version": 1, "findings": 3}', "not iterable"),
        ('{"version": 1, "findings": [3]}', "no object"),
        ('{"version": 1, "findings": [{"rule": "GS101"}]}', "lacks its rule"),
        ('{"version": 1, "findings": [{"rule": "a", "file": "b", "about": "c", "fingerprint": "d"}]}', "no count"),
        ("[" * 100_000, "the baseline"),
    ],
)
def test_a_broken_file_is_one_line(file: Path, text: str, problem: str) -> None:
    file.write_text(text)
    with pytest.raises(CheckError, match=problem) as raised:
        read_baseline(file)
    assert "\n" not in raised.value.problem


def test_a_missing_file_says_how_to_write_one(file: Path) -> None:
    with pytest.raises(CheckError, match="write one: greenshift check --write-baseline"):
        read_baseline(file)


def test_it_cannot_be_written_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="cannot be written: No such file or directory"):
        write_baseline(tmp_path / "missing" / "baseline.json", [])


def test_a_reader_never_sees_half_of_it(file: Path) -> None:
    many = [replace(FOUND, line_text=f"x = {number}") for number in range(500)]
    write_baseline(file, many)
    done = threading.Event()

    def write() -> None:
        for _ in range(20):
            write_baseline(file, many)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert len(json.loads(file.read_text())["findings"]) == 500
    writer.join()
    assert os.listdir(file.parent) == ["baseline.json"]

"""What was found is found again while nothing changed, and only then."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from greenshift.check.source.cache import CheckCache, cache_folder
from greenshift.check.source.discovery import FoundFiles, find_files
from greenshift.report.findings import Finding, Place, Severity

FINDING = Finding("GS101", Severity.ERROR, "a message", Place("a.py", 1, 1, 1, 2), "a fix")
LONG_AGO = 1_700_000_000_000_000_000


class Project:
    """A project of two files, and its cache."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.root.mkdir()
        self.folder = folder / "cache"
        self.write("a.py", "a = 1\n")
        self.write("b.py", "b = 1\n")

    def write(self, name: str, text: str, time: int = LONG_AGO) -> None:
        path = self.root / name
        path.write_text(text)
        os.utime(path, ns=(time, time))

    def cache(self, *about: object) -> CheckCache:
        return CheckCache(self.root, about, self.folder)

    def files(self) -> FoundFiles:
        return find_files([self.root])

    def remember(self) -> None:
        self.cache().write(self.files().stamps, {"b.py"}, [FINDING])

    def known(self, *about: object) -> object:
        cache = self.cache(*about)
        return cache.result(cache.read(), self.files().stamps)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_nothing_is_known_at_first(project: Project) -> None:
    assert project.known() is None


def test_what_was_found_is_known(project: Project) -> None:
    project.remember()
    assert project.known() == [FINDING]


def test_a_changed_file(project: Project) -> None:
    project.remember()
    project.write("a.py", "a = 22\n")
    assert project.known() is None


def test_a_file_changed_to_the_same_size(project: Project) -> None:
    project.remember()
    project.write("a.py", "a = 2\n", LONG_AGO + 1)
    assert project.known() is None


def test_a_file_that_was_only_touched(project: Project) -> None:
    project.remember()
    project.write("a.py", "a = 1\n", LONG_AGO + 1)
    assert project.known() == [FINDING]


def test_a_file_changed_within_the_clocks_tick(project: Project) -> None:
    (project.root / "a.py").write_text("a = 1\n")
    stamp = os.stat(project.root / "a.py").st_mtime_ns
    project.remember()
    project.write("a.py", "a = 2\n", stamp)
    assert project.known() is None


def test_a_new_file(project: Project) -> None:
    project.remember()
    project.write("c.py", "")
    assert project.known() is None


def test_a_file_that_went(project: Project) -> None:
    project.remember()
    (project.root / "b.py").unlink()
    assert project.known() is None


def test_another_configuration(project: Project) -> None:
    project.remember()
    assert project.known("other") is None


@pytest.mark.parametrize("content", [b"", b"broken", pickle.dumps({"a": 1}), pickle.dumps(Path("x"))])
def test_a_broken_entry_is_none(project: Project, content: bytes) -> None:
    project.remember()
    (entry,) = project.folder.iterdir()
    entry.write_bytes(content)
    assert project.known() is None
    project.remember()
    assert project.known() == [FINDING]


def test_an_entry_runs_no_code(project: Project, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return os.system, (f"touch {tmp_path}/done",)

    project.remember()
    (entry,) = project.folder.iterdir()
    entry.write_bytes(pickle.dumps(Evil()))
    assert project.known() is None
    assert not (tmp_path / "done").exists()


def test_plain_files_that_did_not_change_are_told(project: Project) -> None:
    project.remember()
    project.write("a.py", "a = 22\n")
    entry = project.cache().read()
    assert entry is not None
    assert entry.plain & entry.unchanged(project.root, project.files().stamps) == {"b.py"}
    project.write("b.py", "b = 22\n")
    assert not entry.plain & entry.unchanged(project.root, project.files().stamps)


def test_a_folder_that_cannot_be_made_is_no_error(project: Project) -> None:
    project.folder.write_text("a file")
    project.remember()
    assert project.known() is None


def test_no_file_is_left_behind(project: Project) -> None:
    project.remember()
    project.remember()
    assert len(list(project.folder.iterdir())) == 1


def test_entries_of_long_ago_are_forgotten(project: Project) -> None:
    project.remember()
    (old,) = project.folder.iterdir()
    os.utime(old, ns=(LONG_AGO, LONG_AGO))
    project.cache("other").write(project.files().stamps, (), [])
    (new,) = project.folder.iterdir()
    assert new != old


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GREENSHIFT_CACHE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "greenshift" / "check"
    monkeypatch.setenv("GREENSHIFT_CACHE_DIRECTORY", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own" / "check"

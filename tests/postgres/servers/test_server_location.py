"""Where a server's data lies: RAM, disk, and what happens when there is no room."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres.servers.server_processes import can_mount, server_folder, small_disk

from greenshift.postgres import DiskFullError, ServerError, ServerSettings, explain_disk_full, open_server
from greenshift.postgres.servers import location
from greenshift.postgres.servers.account import Account, server_account
from greenshift.postgres.servers.location import choose_location, folder_trouble

MOUNTS = pytest.mark.skipif(not can_mount(), reason="only root can mount a small file system")


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


def test_in_ram_where_there_is_room() -> None:
    server = open_server(ServerSettings(provider="embedded"))
    try:
        assert server.in_memory
        assert server.notice is None
        assert server.address.host.startswith("/dev/shm/")
    finally:
        server.stop()


def test_on_disk_if_wanted() -> None:
    server = open_server(ServerSettings(provider="embedded", data="disk"))
    try:
        assert not server.in_memory
        assert server.notice is None
        assert server.address.host.startswith(tempfile.gettempdir())
    finally:
        server.stop()


@MOUNTS
def test_a_small_ram_disk_is_not_used_and_that_is_said() -> None:
    with small_disk(64) as memory:
        server = open_server(ServerSettings(provider="embedded", memory_directory=memory))
        try:
            assert not server.in_memory
            assert server.notice is not None
            assert "64 MB free, and 256 MB are wanted" in server.notice
            assert "\n" not in server.notice
            with server.connect() as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            server.stop()
        with pytest.raises(ServerError, match="cannot lie in RAM") as caught:
            open_server(ServerSettings(provider="embedded", memory_directory=memory, data="memory"))
        assert "--shm-size" in caught.value.fix


@MOUNTS
def test_a_ram_disk_that_fills_up_while_the_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "MEMORY_ROOM", 1)
    with small_disk(12) as memory:
        server = open_server(ServerSettings(provider="embedded", memory_directory=memory))
        try:
            assert not server.in_memory
            assert "became full while the server started" in (server.notice or "")
        finally:
            server.stop()
        with pytest.raises(DiskFullError, match="no room for the server's data"):
            open_server(ServerSettings(provider="embedded", memory_directory=memory, data="memory"))
        assert list(memory.iterdir()) == []


@MOUNTS
def test_a_full_disk_is_explained() -> None:
    with small_disk(12) as disk:
        with pytest.raises(DiskFullError) as caught:
            open_server(ServerSettings(provider="embedded", directory=disk))
        assert str(disk) in caught.value.problem
        assert "\n" not in caught.value.problem
        assert list(disk.iterdir()) == []


@MOUNTS
@pytest.mark.parametrize("table", ["UNLOGGED", ""], ids=["table", "log"])
def test_a_disk_that_becomes_full_later_is_explained(table: str) -> None:
    with small_disk(64) as disk:
        server = open_server(ServerSettings(provider="embedded", directory=disk, memory_directory=disk))
        try:
            with pytest.raises(psycopg.Error) as caught, server.connect() as connection:
                connection.execute(f"CREATE {table} TABLE big (content text)")
                while True:
                    connection.execute(
                        "INSERT INTO big SELECT repeat(md5(i::text), 30) FROM generate_series(1, 9000) i"
                    )
            explained = explain_disk_full(caught.value, server)
            assert explained is not None
            assert "no room left" in explained.problem
            assert "\n" not in explained.problem
            assert "--shm-size" in explained.fix
        finally:
            server.stop()
        assert list(disk.iterdir()) == []


def test_other_failures_are_not_taken_for_a_full_disk() -> None:
    server = open_server(ServerSettings(provider="embedded"))
    try:
        with pytest.raises(psycopg.Error) as caught, server.connect() as connection:
            connection.execute("SELECT 1/0")
        assert explain_disk_full(caught.value, server) is None
        with pytest.raises(psycopg.OperationalError) as refused:
            server.connect("missing")
        assert explain_disk_full(refused.value, server) is None
    finally:
        server.stop()


def test_a_wrapped_failure_is_recognised() -> None:
    wrapped = RuntimeError("something of SQLAlchemy's")
    wrapped.orig = psycopg.errors.DiskFull("could not extend file")  # type: ignore[attr-defined]
    assert explain_disk_full(wrapped) is not None


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("missing", "does not exist"),
        ("file", "is no folder"),
        ("private", "cannot be entered by the user stranger"),
        ("x" * 60, "has too long a path"),
    ],
)
def test_folders_that_cannot_be_used(folder: Path, name: str, trouble: str) -> None:
    (folder / "file").touch()
    (folder / "private").mkdir(mode=0o700)
    assert (folder_trouble(folder / name, Account(54321, 54321, "stranger")) or "").startswith(trouble)


def test_an_unusable_folder_is_an_error(folder: Path) -> None:
    with pytest.raises(ServerError, match="does not exist") as caught:
        open_server(ServerSettings(provider="embedded", directory=folder / "missing"))
    assert "TMPDIR" in caught.value.fix


def test_an_unusable_temporary_folder_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = folder / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert choose_location(ServerSettings(data="disk"), server_account()).parent == Path("/tmp")


@MOUNTS
def test_a_read_only_folder() -> None:
    import subprocess

    with small_disk(12) as disk:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(ServerError, match="cannot be written"):
            open_server(ServerSettings(provider="embedded", directory=disk))

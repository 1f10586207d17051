"""The server that stays between runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres.servers.server_processes import alive, eventually, server_folder

from greenshift.postgres import (
    KeptServer,
    ServerError,
    ServerSettings,
    keep_server,
    kept_server,
    open_server,
    stop_kept,
)
from greenshift.postgres.servers.kept import state_directory


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as path:
        yield path


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(tmp_path / "state"))
    yield tmp_path / "state"
    stop_kept()


def keep(folder: Path, **settings: object) -> KeptServer:
    return keep_server(ServerSettings(directory=folder, **settings))[0]  # type: ignore[arg-type]


def test_none_at_first() -> None:
    assert kept_server() is None
    assert not stop_kept()


def test_it_outlives_the_process_that_started_it(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, keep_server\n"
        "print(keep_server(ServerSettings(directory=Path(sys.argv[1])))[0].url())\n"
    )
    result = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    server = kept_server()
    assert server is not None
    assert server.url() == result.stdout.strip()
    with server.connect() as connection:
        connection.execute("CREATE DATABASE stays")
    server.stop()  # one run's end is not the server's
    again = kept_server()
    assert again is not None
    with again.connect("stays") as connection:
        assert connection.info.dbname == "stays"
    assert stop_kept()
    assert not alive(server.state.postmaster)
    assert eventually(lambda: not alive(server.state.supervisor))
    assert list(folder.iterdir()) == []
    assert kept_server() is None


def test_a_second_start_finds_the_first(folder: Path) -> None:
    first, started = keep_server(ServerSettings(directory=folder))
    second, started_again = keep_server(ServerSettings(directory=folder))
    assert (started, started_again) == (True, False)
    assert first.url() == second.url()
    with pytest.raises(ServerError, match="a server is kept already, and it listens on a socket only") as caught:
        keep_server(ServerSettings(listen="tcp"))
    assert "greenshift down" in caught.value.fix


def test_two_starts_at_once(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, keep_server\n"
        "server, started = keep_server(ServerSettings(directory=Path(sys.argv[1])))\n"
        "print(started, server.url())\n"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert sorted(answer[0] for answer in answers) == ["False", "False", "True"]
    assert len({answer[1] for answer in answers}) == 1
    assert len(list(folder.iterdir())) == 1


def test_its_state_is_private_and_whole(folder: Path, state: Path) -> None:
    server = keep(folder, listen="tcp", settings={"work_mem": "9MB"})
    written = state / "server.json"
    assert written.stat().st_mode & 0o777 == 0o600
    assert state.stat().st_mode & 0o777 == 0o700
    content = json.loads(written.read_text())
    assert content["password"] == server.address.password
    assert content["settings"] == {"work_mem": "9MB"}
    assert server.address.password not in repr(server.state)
    assert sorted(path.name for path in state.iterdir()) == ["server.json", "turn"]


@pytest.mark.parametrize("victim", ["supervisor", "postmaster"])
def test_a_killed_one_is_recognised_and_replaced(folder: Path, state: Path, victim: str) -> None:
    server = keep(folder)
    os.kill(getattr(server.state, victim), signal.SIGKILL)
    assert eventually(lambda: not alive(server.state.postmaster))
    assert eventually(lambda: kept_server() is None)
    assert not (state / "server.json").exists()
    following = keep(folder)
    assert following.url() != server.url()
    assert [path.name for path in folder.iterdir()] == [following.directory.name]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 99}', '{"format": 1, "host": "x"}'])
def test_a_damaged_state_counts_as_none(state: Path, content: str) -> None:
    state.mkdir(mode=0o700)
    (state / "server.json").write_text(content)
    assert kept_server() is None
    assert not stop_kept()


def test_after_a_reboot(folder: Path, state: Path) -> None:
    server = keep(folder)
    content = (state / "server.json").read_text()
    stop_kept()
    # What the machine's end leaves: the state, with numbers that belong to other processes now.
    other = subprocess.Popen(["sleep", "60"])
    try:
        stale = json.loads(content) | {"supervisor": other.pid, "postmaster": other.pid}
        (state / "server.json").write_text(json.dumps(stale))
        assert not stop_kept()
        assert other.poll() is None, "an innocent process was ended"
        assert kept_server() is None
        assert server.url() != keep(folder).url()
    finally:
        other.kill()
        other.wait()


def test_the_starting_process_is_killed_before_it_wrote_anything_down(folder: Path, state: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path\n"
        "from greenshift.postgres import ServerSettings, keep_server\n"
        "from greenshift.postgres.servers import kept\n"
        "kept._write = lambda *_: os._exit(9)\n"
        "keep_server(ServerSettings(directory=Path(sys.argv[1])))\n"
    )
    result = subprocess.run([sys.executable, "-c", program, str(folder)], timeout=60)
    assert result.returncode == 9
    assert eventually(lambda: list(folder.iterdir()) == [])
    assert kept_server() is None


def test_it_ends_when_nobody_could_find_it_any_more(folder: Path, state: Path) -> None:
    server = keep(folder)
    (state / "server.json").unlink()
    assert eventually(lambda: not alive(server.state.postmaster))
    assert eventually(lambda: list(folder.iterdir()) == [])


def test_runs_use_it_when_it_suits(folder: Path) -> None:
    server = keep(folder, settings={"work_mem": "9MB"})
    for wanted in (
        ServerSettings(),
        ServerSettings(provider="kept"),
        ServerSettings(settings={"work_mem": "9MB"}, extensions=["vector"]),
        ServerSettings(directory=folder),
    ):
        assert open_server(wanted).url() == server.url()


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"settings": {"work_mem": "10MB"}}, "it was started without work_mem = 10MB"),
        ({"listen": "tcp"}, "it listens on a socket only"),
        ({"data": "disk"}, "its data lies in RAM"),
        ({"bin_directory": Path("/usr/bin")}, "it runs the programs in"),
        ({"extensions": ["citext"]}, "it lacks the extension citext"),
        ({"directory": Path("/usr")}, "its data does not lie in /usr"),
    ],
)
def test_runs_do_not_use_it_when_it_does_not_suit(folder: Path, wanted: dict[str, object], reason: str) -> None:
    server = keep(folder)
    assert reason in (server.mismatch(ServerSettings(**wanted)) or "")  # type: ignore[arg-type]
    with pytest.raises(ServerError, match="the kept server does not suit"):
        open_server(ServerSettings(provider="kept", **wanted))  # type: ignore[arg-type]


def test_a_run_with_other_settings_starts_its_own(folder: Path) -> None:
    keep(folder)
    said: list[str] = []
    own = open_server(ServerSettings(settings={"work_mem": "10MB"}, directory=folder), say=said.append)
    try:
        assert own.provider == "embedded"
        assert said[0] == "not using the kept server: it was started without work_mem = 10MB"
    finally:
        own.stop()


def test_wanted_by_name_and_not_there() -> None:
    with pytest.raises(ServerError, match="no server is kept running") as caught:
        open_server(ServerSettings(provider="kept"))
    assert caught.value.fix == "start one: greenshift up"


def test_no_folder_for_its_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(tmp_path / "file" / "state"))
    with pytest.raises(ServerError, match="no folder for the kept server's state can be written") as caught:
        state_directory()
    assert "GREENSHIFT_STATE_DIRECTORY" in caught.value.fix
    # A run that does not ask for the kept server by name does not need it.
    own = open_server(ServerSettings())
    own.stop()
    assert own.provider == "embedded"
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(tmp_path / "state"))

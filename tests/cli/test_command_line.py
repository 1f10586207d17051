"""The command line, run as users run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from greenshift import __version__
from greenshift.postgres import Server, kept_server, stop_kept
from greenshift.postgres.databases.marker import comment_statement, kept_name
from greenshift.postgres.databases.run import Run

COMMAND = Path(sys.executable).with_name("greenshift")
Result = subprocess.CompletedProcess[str]
Greenshift = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[tool.greenshift]\n")
    return tmp_path


@pytest.fixture
def greenshift(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Greenshift]:
    monkeypatch.setenv("GREENSHIFT_STATE_DIRECTORY", str(project / "state"))
    monkeypatch.delenv("GREENSHIFT_DATABASE_URL", raising=False)

    def run(*arguments: str, **environment: str) -> Result:
        return subprocess.run(
            [COMMAND, *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=project,
            timeout=60,
        )

    yield run
    stop_kept()


def make_database(server: Server, run: Run, name: str, kind: str) -> None:
    with server.connect() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        connection.execute(comment_statement(name, run.marker(kind, label="test_login")))  # type: ignore[arg-type]


def test_version_and_help(greenshift: Greenshift) -> None:
    assert greenshift("--version").stdout == f"greenshift {__version__}\n"
    for arguments in (("--help",), ("up", "--help")):
        help_text = " ".join(greenshift(*arguments).stdout.split())
        assert "Exit codes: 0 done" in help_text


def test_completion_is_offered(greenshift: Greenshift) -> None:
    shown = greenshift("--show-completion", "bash", _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert "_GREENSHIFT_COMPLETE" in shown.stdout
    answer = greenshift(_GREENSHIFT_COMPLETE="complete_bash", COMP_WORDS="greenshift data", COMP_CWORD="1")
    assert "databases" in answer.stdout


def test_a_server_from_up_to_down(greenshift: Greenshift) -> None:
    assert (greenshift("status").returncode, greenshift("status", "--json").stdout) == (1, '{"running": false}\n')
    up = greenshift("up", "--set", "work_mem=9MB")
    assert up.returncode == 0, up.stderr
    assert "is up after" in up.stdout
    assert "was up already" in greenshift("up").stdout
    status = json.loads(greenshift("status", "--json").stdout)
    assert status["running"]
    assert status["settings"] == {"work_mem": "9MB"}
    shown = greenshift("status", NO_COLOR="1")
    assert shown.returncode == 0
    assert status["url"] in shown.stdout
    assert "\x1b" not in shown.stdout
    psql = greenshift("psql", "template1", "-Atc", "select current_database(), current_setting('work_mem')")
    assert psql.stdout == "template1|9MB\n"
    assert greenshift("psql", "-Atc", "select 1").stdout == "1\n"
    assert greenshift("psql", "missing", "-c", "select 1").returncode == 2
    assert greenshift("down").stdout == "the kept server has ended\n"
    assert not Path(status["directory"]).exists()
    down = greenshift("down")
    assert (down.returncode, down.stdout) == (0, "no server was kept\n")


def test_over_tcp_the_password_is_not_an_argument_of_psql(greenshift: Greenshift) -> None:
    up = json.loads(greenshift("up", "--listen", "tcp", "--json").stdout)
    assert up["started_now"]
    assert up["url"].startswith("postgresql://postgres:")
    password = up["url"].split(":")[2].split("@")[0]
    arguments = greenshift("psql", "-Atc", r"\! cat /proc/$PPID/cmdline").stdout
    assert "127.0.0.1" in arguments
    assert password not in arguments
    assert greenshift("psql", "--url", up["url"], "-Atc", "select 2").stdout == "2\n"
    assert greenshift("psql", "-Atc", "select 3", GREENSHIFT_DATABASE_URL=up["url"]).stdout == "3\n"


def test_up_takes_the_projects_settings(greenshift: Greenshift, project: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.greenshift]\nlisten = "tcp"\nextensions = ["citext"]\nsettings = {work_mem = "11MB"}\n'
    )
    up = json.loads(greenshift("up", "--json").stdout)
    assert (up["listen"], up["settings"]) == ("tcp", {"work_mem": "11MB"})
    assert "pixeltable" not in up["programs"]


def test_databases(greenshift: Greenshift) -> None:
    greenshift("up")
    assert greenshift("databases").stdout == "no database of Greenshift's on this server\n"
    server = kept_server()
    assert server is not None
    with Run.start(server) as live, server.connect() as connection:
        dead = Run.start(server)
        make_database(server, live, "greenshift_live", "database")
        make_database(server, dead, "greenshift_dead", "database")
        make_database(server, live, kept_name("failed login"), "kept")
        connection.execute("CREATE DATABASE precious")
        dead.close()
        listed = {row["name"]: row for row in json.loads(greenshift("databases", "--json").stdout)}
        assert set(listed) == {"greenshift_live", "greenshift_dead", kept_name("failed login")}
        assert (listed["greenshift_live"]["run_alive"], listed["greenshift_dead"]["run_alive"]) == (True, False)
        assert listed["greenshift_live"]["kind"] == "database"
        assert listed["greenshift_live"]["size"] > 1_000_000
        text = greenshift("databases").stdout
        assert "\x1b" not in text
        assert all(name in text for name in listed)
        assert f"{live.id} alive" in text

        opened = greenshift("psql", "failed login", "-Atc", "select current_database()")
        assert opened.stdout == kept_name("failed login") + "\n"

        foreign = greenshift("databases", "--drop", "precious")
        assert foreign.returncode == 2
        assert "was not made by Greenshift" in foreign.stderr
        assert greenshift("databases", "--drop", "nothing").returncode == 2
        assert greenshift("databases", "--drop", "greenshift_dead").stdout == "dropped greenshift_dead\n"
        kept = greenshift("databases", "--drop-kept", "--json", "--url", server.url())
        assert json.loads(kept.stdout) == {"dropped": [kept_name("failed login")]}
        assert greenshift("databases", "--reap").stdout == "nothing to drop\n"
        names = {str(row[0]) for row in connection.execute("SELECT datname FROM pg_database")}
        assert names == {"postgres", "template0", "template1", "precious", "greenshift_live"}


@pytest.mark.parametrize(
    ("arguments", "problem", "fix"),
    [
        (("psql",), "no server is kept running", "greenshift up"),
        (("databases",), "no server is kept running", "greenshift up"),
        (("databases", "--url", "postgresql://me:s3cret@127.0.0.1:1/db"), "Connection refused", "correct the URL"),
        (("psql", "--url", "mysql://me:s3cret@host/db"), "is not the URL of a PostgreSQL server", "postgresql://"),
        (("up", "--set", "work_mem"), "'work_mem' is no setting", "name=value"),
        (("up", "--set", "no_such_thing=1"), "unrecognized configuration parameter", "settings"),
        (("up", "--bin-directory", "/usr/bin"), "/usr/bin has no initdb", "/usr/lib/postgresql/"),
    ],
)
def test_failures_are_two_lines_and_exit_code_2(
    greenshift: Greenshift, arguments: tuple[str, ...], problem: str, fix: str
) -> None:
    result = greenshift(*arguments)
    lines = [line for line in result.stderr.splitlines() if not line.startswith("starting ")]
    assert (result.returncode, result.stdout) == (2, "")
    assert len(lines) == 2
    assert lines[0].startswith("error: ")
    assert problem in lines[0]
    assert lines[1].startswith("fix: ")
    assert fix in lines[1]
    assert "s3cret" not in result.stderr


def test_a_wrong_configuration(greenshift: Greenshift, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.greenshift]\nlisten = "carrier pigeon"\n')
    result = greenshift("up")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "carrier pigeon" in result.stderr


def test_a_container_cannot_be_kept(greenshift: Greenshift, project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.greenshift]\nserver = "container"\n')
    result = greenshift("up")
    assert result.returncode == 2
    assert "cannot be kept" in result.stderr


@pytest.mark.parametrize("arguments", [("nonsense",), ("up", "--listen", "pigeon"), ("status", "--nonsense")])
def test_wrong_use(greenshift: Greenshift, arguments: tuple[str, ...]) -> None:
    result = greenshift(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr

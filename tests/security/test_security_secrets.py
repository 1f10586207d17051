"""No secret of an application is in anything that a command prints or writes; what must hold one is private."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import psycopg
import pytest
import typer
from secret_shop import FILES, SECRETS, Ran, Shop, files_with_secrets, leaks, secret_shop

from greenshift.cli import app

pytestmark = pytest.mark.long

NOT_RUN = {
    "dashboard": "prints a file of the package",
    "demo": "runs the examples of the package, never the user's application",
}
ONCE = ("--users", "1", "--requests", "3", "--warm-up", "0", "--rounds", "1", "--database-delay", "1ms")


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with secret_shop() as made:
        git = "git init -q . && git add -A && git -c user.name=a -c user.email=a@example.org commit -qm one"
        subprocess.run(git, shell=True, cwd=made.project, check=True)
        yield made


@pytest.fixture(scope="module")
def ran(shop: Shop) -> dict[str, Ran]:
    """Every command, once or in several ways."""
    done = [*checked(shop), *shifted(shop), *served(shop), *run_by_pytest(shop)]
    return {one.name: one for one in done}


def checked(shop: Shop) -> Iterator[Ran]:
    reports, url = shop.folder / "reports", shop.environment["DATABASE_URL"]
    everything = ("check", "--severity", "advice")
    for form in ("sarif", "junit"):
        yield shop.greenshift(*everything, "--format", form, "--output", str(reports / f"check.{form}"))
    live = ("--live", "app.database:engine", "--live", "app.database:reports", "--live", "worker.live:engine")
    yield shop.greenshift(*everything, *live, "--html", str(reports / "check.html"), "--json")
    drift = ("--drift", "--env", "production=.env", "--url", url)
    yield shop.greenshift(*everything, *drift, "--format", "github", "--output", str(reports / "check.github"))
    yield shop.greenshift("check", "--baseline", str(reports / "baseline.json"), "--write-baseline")
    yield shop.greenshift("check", "--diff")
    yield shop.greenshift("scan", ".", "--html", str(reports / "scan.html"))
    yield shop.greenshift("scan", ".", "--json")
    yield shop.greenshift("explain", "web.log")
    yield shop.greenshift("explain", "web.log", "--json")
    yield shop.greenshift("explain", "web.log", "--diff")


def shifted(shop: Shop) -> Iterator[Ran]:
    reports = shop.folder / "reports"
    yield shop.greenshift("shift", ".", "--html", str(reports / "shift.html"))
    yield shop.greenshift("shift", ".", "--json")
    copy = shop.copy("shifted")
    yield shop.greenshift("shift", ".", "--write", cwd=copy)
    service = copy / "app/service.py"
    # What is no longer sent is a difference, which verify prints.
    service.write_text(service.read_text().replace("SET shop.password = 'zqStatementqz'", "SELECT 2"))
    yield shop.greenshift("verify", ".", "--requests", "3", "--html", str(reports / "verify.html"), cwd=copy)
    yield shop.greenshift("heal", ".", "failing", "--limit", "1", "--json", cwd=copy)
    yield shop.greenshift("mirror", "tests/test_service.py", "--diff")
    copy = shop.copy("rolled")
    yield shop.greenshift("check", "--fix", cwd=copy)
    yield shop.greenshift("rollback", cwd=copy)
    yield shop.greenshift("contract", "app.database:Base", "--model", "User")
    yield shop.greenshift("load", "--before", ".", *ONCE, "--html", str(reports / "load.html"), "--json")
    yield shop.greenshift("load", *ONCE, "--before-env", "DATABASE_URL=postgresql://app:zqLogqz@127.0.0.1:1/shop")
    if "init" in typer.main.get_command(app).commands:  # type: ignore[attr-defined]
        yield shop.greenshift("init", ".", "--json")


def served(shop: Shop) -> Iterator[Ran]:
    url = shop.environment["DATABASE_URL"]
    nowhere = url.replace("/production", "/nowhere")
    for arguments in (["up"], ["status"], ["down"]):
        yield shop.greenshift(*arguments)
    yield shop.greenshift("databases", "--url", nowhere)
    yield shop.greenshift("psql", "production", "--url", url, "-c", "SELECT 1")
    yield shop.greenshift("psql", "production", "--url", url.replace("postgresql+", "mysql+"))
    yield shop.greenshift("top", "--once", nowhere)
    yield shop.greenshift("top", "--once", url.replace("postgresql+", "mysql+"))
    with (shop.folder / "reports/watch.log").open("w") as log:
        watched = subprocess.Popen(
            [sys.executable, "watch.py"],
            cwd=shop.project,
            env={**shop.environment, "WATCH_COMMAND": "observe"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert watched.stdout is not None
        address = watched.stdout.readline().strip()
        time.sleep(1)  # a plan is asked for in a thread
        yield shop.greenshift("top", "--once", address, url)
        yield shop.greenshift("top", "--once", "--json", address, url)
        for page in ("/metrics", "/greenshift.json"):
            yield Ran(f"observe {page}", 0, urllib.request.urlopen(address + page).read().decode())
        watched.terminate()
        watched.communicate()


def run_by_pytest(shop: Shop) -> Iterator[Ran]:
    url, reports = shop.environment["DATABASE_URL"], shop.folder / "reports"
    report, tests = ("--tb=short", "--db-report", "--db-report-html"), ("tests", "failing")
    for one in (
        shop.pytest(*report, str(reports / "run.html"), "--db-check", "--db-url", url, "--db-keep-failed", *tests),
        shop.pytest("--db-url", url.replace("/production", "/nowhere"), "tests"),
    ):
        yield Ran(one.name, one.exit_code, without_tracebacks_of_pytest(one.output))


def without_tracebacks_of_pytest(output: str) -> str:
    """Leave out the source that pytest shows of failing tests, and keep what Greenshift says below it."""
    kept, ours = [], True
    for line in output.splitlines():
        if line.startswith(("====", "____")):
            ours = " FAILURES " not in line and not line.startswith("____")
        elif line.startswith("----"):
            ours = "greenshift" in line
        if ours:
            kept.append(line)
    return "\n".join(kept)


def test_every_command_is_run(ran: dict[str, Ran]) -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert commands - {name.split()[1] for name in ran} == set(NOT_RUN) & commands


def test_the_commands_came_to_what_may_hold_a_secret(ran: dict[str, Ran]) -> None:
    """They did not end early: a test of empty outputs shows nothing."""
    failed = {
        name: one.output for name, one in ran.items() if "Usage:" in one.output or "Traceback (most" in one.output
    }
    assert not failed
    text = "\n".join(one.output for one in ran.values())
    for said in ("connect_args", "differs: ", "greenshift explains", "kept database", "SET shop.password", "***"):
        assert said in text, said


def test_no_secret_is_printed(ran: dict[str, Ran]) -> None:
    leaked = {
        name: (leaks(one.output), [line[:300] for line in one.output.splitlines() if leaks(line)])
        for name, one in ran.items()
        if leaks(one.output)
    }
    assert not leaked


def test_no_secret_is_written(shop: Shop, ran: dict[str, Ran]) -> None:
    leaked = {}
    for path, (_, held) in files_with_secrets(shop.folder).items():
        inside = path.relative_to(shop.folder)
        own = "/".join(inside.parts[1:] if inside.parts[0] == "project" else inside.parts[2:])
        if inside.parts[0] in ("project", "copies") and (
            own in FILES or own.startswith((".git/", ".greenshift/shift/"))
        ):
            continue
        leaked[str(inside)] = held
    assert not leaked


def test_the_database_in_the_environment_is_as_it_was(shop: Shop, ran: dict[str, Ran]) -> None:
    """Every command ran with a URL of it in the environment, and its role may do all."""
    with psycopg.connect(shop.server.address.url("production")) as connection:
        made = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchall()
        assert made == []
        written = "SELECT xact_commit, tup_inserted, tup_updated FROM pg_stat_database WHERE datname = 'production'"
        commits, *rows = connection.execute(written).fetchone() or (0,)
        assert commits > 0
        assert rows == [0, 0]
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    others = {name for name in names if not name.startswith("greenshift_")}
    assert others == {"production", "postgres", "template0", "template1"}


def test_nothing_is_connected_to_but_this_machine(shop: Shop, ran: dict[str, Ran]) -> None:
    """libpq's own connections are not among them: their URLs are the test's."""
    seen = [(command, what) for command, event, what in shop.watched if event.startswith("socket.")]
    assert {"load", "top", "observe"} <= {command for command, _ in seen}
    local = (
        "'/",
        "b'/",
        "('127.0.0.1',",
        "('::1',",
        "'127.0.0.1'",
        "'localhost'",
        "b'127.0.0.1'",
        "b'localhost'",
        "''",
    )
    assert [one for one in seen if not one[1].startswith(local)] == []


def test_source_is_read_and_not_executed(shop: Shop, ran: dict[str, Ran]) -> None:
    executed = {command for command, event, _ in shop.watched if event == "executed"}
    assert {"check", "verify", "heal", "contract", "load", "pytest"} <= executed  # check: with --live
    assert not executed & {"scan", "shift", "explain", "mirror", "rollback", "psql", "databases", "top", "up"}
    before = len(shop.watched)
    shop.greenshift("check", "--drift")
    assert [one for one in shop.watched[before:] if one[1] == "executed"] == []


def test_what_only_shows_writes_nothing_into_the_project(shop: Shop, ran: dict[str, Ran]) -> None:
    git = ["git", "status", "--porcelain", "--ignored", "--untracked-files=all"]
    status = subprocess.run(git, cwd=shop.project, capture_output=True, text=True, check=True).stdout
    written = sorted(line[3:] for line in status.splitlines())
    assert [one for one in written if not one.startswith(".greenshift/")] == []
    assert list((shop.folder / "home").rglob("*")) == []
    left = list((shop.folder / "temporary").iterdir())
    assert left == []


def test_what_holds_copies_of_files_is_private(shop: Shop, ran: dict[str, Ran]) -> None:
    copies = [path for path in files_with_secrets(shop.folder) if ".greenshift" in path.parts]
    assert copies
    for path in copies:
        folders = [one for one in path.parents if ".greenshift" in one.parts]
        assert any(stat.S_IMODE(folder.stat().st_mode) == 0o700 for folder in folders), path


def test_the_password_of_a_kept_server_is_where_it_must_be_and_private(shop: Shop) -> None:
    """The URL with it is what ``up`` and ``status`` are asked for; it is written to one file."""
    try:
        said = shop.greenshift("up", "--listen", "tcp", "--json").output
        shown = json.loads(next(line for line in said.splitlines() if line.startswith("{")))
        password = shown["url"].split(":")[2].split("@")[0]
        assert len(password) >= 24
        assert password not in shop.greenshift("databases").output
        assert password not in shop.greenshift("psql", "-c", "SELECT 1").output
        written = [path for path in shop.folder.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
        assert [path.name for path in written] == ["server.json"]
        assert stat.S_IMODE(written[0].stat().st_mode) == 0o600
    finally:
        shop.greenshift("down")


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_was_there_to_be_leaked(shop: Shop, name: str) -> None:
    everything = "\n".join([*FILES.values(), *shop.environment.values()])
    assert SECRETS[name] in everything

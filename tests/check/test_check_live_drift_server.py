"""`greenshift check` with --live, --drift, --env and --url: exit codes, and one clear line where something fails."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from greenshift.postgres import Server, ServerSettings, open_server

Run = Callable[..., subprocess.CompletedProcess[str]]

BROKEN = """\
import os
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine(
    "postgresql+asyncpg://shop:hunter2@db/shop", poolclass=getattr(pool, os.environ.get("POOL_CLASS", "QueuePool"))
)
"""
ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine("postgresql+asyncpg://shop@db/shop", pool_pre_ping=True, pool_size={size})
"""
SERVICES = """\
[tool.greenshift.services.auth]
path = "auth"
workers = 2
instances = 1

[tool.greenshift.services.shop]
path = "shop"
workers = 4
instances = 2
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Write files, and run the command in their folder."""

    def check(*arguments: str, **files: str) -> subprocess.CompletedProcess[str]:
        files.setdefault("pyproject", "[tool.greenshift]\n")
        for name, text in files.items():
            ending = {"pyproject": ".toml", "env": ""}.get(name, ".py")
            path = tmp_path / (".env" if name == "env" else f"{name.replace('__', '/')}{ending}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        command = [sys.executable, "-m", "greenshift", "check", "--no-cache", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert "hunter2" not in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done

    return check


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings(settings={"max_connections": "60"}))
    yield server
    server.stop()


def refused(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Return the two lines of a failure."""
    assert done.returncode == 2, done.stdout
    error, fix = done.stderr.splitlines()[-2:]
    assert (error.partition(":")[0], fix.partition(":")[0]) == ("error", "fix")
    return error, fix


def test_the_failure_that_took_staging_down_is_found_at_its_line(run: Run) -> None:
    source = run("--select", "GS101", app=BROKEN)
    assert source.returncode == 0, "source alone does not tell it"
    done = run("--select", "GS101", "--live", "app:engine")
    assert done.returncode == 1
    assert "Pool class QueuePool cannot be used with asyncio engine" in done.stdout
    assert "4:10" in done.stdout
    assert (
        run(
            "--select", "GS101", "--live", "app:engine", "--env", "staging=.env", env="POOL_CLASS=NullPool\n"
        ).returncode
        == 0
    )


def test_what_is_named_is_shown_wherever_it_lies(run: Run) -> None:
    narrow = '[tool.greenshift.check]\npaths = ["other"]\n'
    plain = BROKEN.replace('getattr(pool, os.environ.get("POOL_CLASS", "QueuePool"))', "pool.QueuePool")
    files = {"app": plain, "other__db": "x = 1\n", "pyproject": narrow}
    assert run("--select", "GS101", **files).returncode == 0
    named = run("--select", "GS101", "--live", "app:engine", **files)
    assert named.returncode == 1
    assert named.stdout.count("GS101") == 1
    whole = run("--select", "GS101", "--live", "app:engine", app=plain)
    assert whole.stdout.count("GS101") == 1, "source and import tell the same"


def test_an_import_that_fails_is_one_line(run: Run) -> None:
    error, fix = refused(run("--live", "app:engine", app="import no_such_library\n"))
    assert error == "error: importing app failed: No module named 'no_such_library' (app.py:1)"
    assert "install what the application needs" in fix


def test_drift_fails_until_it_is_declared(run: Run) -> None:
    files = {"auth__db": ENGINE.format(size=5), "shop__db": ENGINE.format(size=6)}
    done = run("--drift", "--select", "GS7", pyproject=SERVICES, **files)
    assert done.returncode == 1
    assert "GS701  pool_size of shop is 6, but 5 in auth" in done.stdout
    assert "Engines (engine)" in done.stdout
    declared = run("--drift", "--select", "GS7", pyproject=SERVICES + 'differs = { pool_size = "many users" }\n')
    assert declared.returncode == 0, declared.stdout
    assert "declared by shop: many users" in declared.stdout


def test_drift_without_services_is_one_line(run: Run) -> None:
    error, fix = refused(run("--drift", app="x = 1\n"))
    assert error == "error: [tool.greenshift.services] names no service to compare"
    assert "[tool.greenshift.services.NAME]" in fix


def test_a_service_that_does_not_exist_is_one_line(run: Run) -> None:
    error, _ = refused(run("--drift", pyproject='[tool.greenshift.services.auth]\npath = "none"\n', app="x = 1\n"))
    assert error == "error: the folder of the service 'auth' does not exist: none"


def test_the_sum_over_services_against_a_real_server(run: Run, server: Server) -> None:
    files = {"auth__db": ENGINE.format(size=10), "shop__db": ENGINE.format(size=10)}
    done = run("--url", server.url("postgres", "asyncpg"), "--select", "GS501", pyproject=SERVICES, **files)
    assert done.returncode == 1
    assert "GS501  the pools of auth, shop keep 100 connections open, of 57 that" in done.stdout
    assert "Connections that the services can open" in done.stdout
    small = {"auth__db": ENGINE.format(size="2, max_overflow=1"), "shop__db": ENGINE.format(size="4, max_overflow=0")}
    fits = run("--url", server.url("postgres", "asyncpg"), "--select", "GS501", **small, pyproject=SERVICES)
    assert fits.returncode == 0, fits.stdout


def test_what_the_server_says_goes_before_what_source_can_tell(run: Run, server: Server) -> None:
    options = ("--select", "GS502", "--severity", "advice")
    source = run(*options, app=ENGINE.format(size=5))
    assert "GS502" in source.stdout
    with server.connect() as connection:
        connection.execute("CREATE DATABASE limited")
        connection.execute("ALTER DATABASE limited SET statement_timeout = '5s'")
    asked = run(*options, "--url", server.url("limited"))
    assert asked.returncode == 0, asked.stdout
    assert run(*options, "--url", server.url("postgres")).returncode == 1


def test_a_server_that_does_not_answer_is_one_line(run: Run) -> None:
    error, _ = refused(run("--url", "postgresql+asyncpg://shop:hunter2@127.0.0.1:1/shop", app="x = 1\n"))
    assert error == "error: the server 127.0.0.1:1/shop cannot be asked: Connection refused"

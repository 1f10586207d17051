"""A whole run: report, kept data, workers, random order, no orphan."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from testing.conftest import Project

from greenshift.postgres import Server

MANY = """
import pytest
from sqlalchemy import func, select
from shop.models import Customer

@pytest.mark.parametrize("number", range(40))
def test_one(number, db_session, db):
    assert db_session.scalar(select(func.count()).select_from(Customer)) == 0
    customer = Customer(name="anna")
    db_session.add(customer)
    db_session.commit()
    assert customer.id == 1
"""


def test_report(project: Project) -> None:
    result = project.check(MANY, "--db-report", passed=40)
    result.stdout.re_match_lines(
        [
            r"=+ greenshift =+",
            r"server: PostgreSQL 18 \(url\)",
            r"template: (built in \d+\.\d\d s|found ready)",
            r"database tests: 40",
            r"isolation: median \d+\.\d\d ms, p95 \d+\.\d\d ms a test",
            r"recloned: 0",
            r"slowest by SQL time:",
        ]
    )
    assert len(re.findall(r"ms  +\d+ statements  test_shop.py::test_one", result.stdout.str())) == 5


def test_no_report_unless_asked(project: Project) -> None:
    assert "= greenshift =" not in project.check(MANY, passed=40).stdout.str()


def test_workers_build_the_template_once_and_report_together(project: Project) -> None:
    result = project.check(MANY, "-n", "3", "--db-report", passed=40)
    result.stdout.fnmatch_lines(["template: *", "database tests: 40"])


def test_random_order(project: Project) -> None:
    pytest.importorskip("pytest_randomly", reason="part of the dev extra")
    project.pytester.makefile(
        ".toml", pyproject='[tool.greenshift]\nmetadata = "shop.models:Base"\nenv = ["DATABASE_URL"]\n'
    )
    project.check(MANY, "-p", "randomly", passed=40)


def databases(server: Server) -> list[str]:
    with server.connect() as connection:
        rows = connection.execute("select datname from pg_database where datname like 'greenshift%'").fetchall()
    return [str(row[0]) for row in rows]


def test_a_run_leaves_its_template_only(project: Project, server: Server) -> None:
    # What runs killed by other tests left is theirs.
    before = set(databases(server))
    project.check(MANY, "--db-isolation=clone", passed=40)
    assert [name for name in set(databases(server)) - before if not name.startswith("greenshift_t_")] == []


def test_a_template_is_found_again_and_rebuilt_on_demand(project: Project) -> None:
    project.check(MANY, passed=40)
    project.check(MANY, "--db-report", passed=40).stdout.fnmatch_lines(["template: found ready"])
    project.check(MANY, "--db-report", "--db-rebuild", passed=40).stdout.fnmatch_lines(["template: built in *"])


def test_a_failed_tests_data_is_kept(project: Project, server: Server) -> None:
    result = project.check(
        """
        from shop.models import Customer

        def test_fails(db_session):
            db_session.add(Customer(name="the culprit"))
            db_session.commit()
            assert False

        def test_next(db_session):
            db_session.add(Customer(name="somebody else"))
            db_session.commit()
        """,
        "--db-keep-failed",
        passed=1,
        failed=1,
    )
    line = next(line for line in result.stdout.lines if line.startswith("kept database: "))
    command = shlex.split(line.removeprefix("kept database: "), comments=True)
    done = subprocess.run(
        [*command, "-At", "-c", "select name from customer"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "the culprit"
    for name in databases(server):
        if "_kept_" in name:
            with server.connect() as connection:
                connection.execute(f'drop database "{name}" with (force)')  # type: ignore[call-overload]


def test_a_failed_tests_data_outlives_a_server_of_ours(
    lonely_project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    try:
        result = lonely_project.check(
            """
            from shop.models import Customer

            def test_fails(db_session):
                db_session.add(Customer(name="the culprit"))
                db_session.commit()
                assert False
            """,
            "--db-keep-failed",
            failed=1,
        )
        line = next(line for line in result.stdout.lines if line.startswith("kept database: "))
        command = shlex.split(line.removeprefix("kept database: "), comments=True)
        done = subprocess.run(
            [*command, "-At", "-c", "select name from customer"], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "the culprit"
    finally:
        subprocess.run([sys.executable, "-m", "greenshift", "down"], check=False)


def postmasters(marker: str) -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if marker in command and "postgres" in command:
                found.append(command)
    return found


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_killed_run_leaves_no_server_and_no_data(lonely_project: Project, workers: str, tmp_path: Path) -> None:
    address = tmp_path / "address"
    lonely_project.write(
        "test_shop.py",
        f"""
        import os, time

        def test_waits(db, db_session):
            db_session.connection()
            with open({str(address)!r}, "w") as file:
                file.write(db.server.address.host)
            os.rename({str(address)!r}, {str(address)!r} + ".done")
            time.sleep(60)
        """,
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", workers], cwd=lonely_project.pytester.path, stdout=subprocess.DEVNULL
    )
    done = Path(f"{address}.done")
    deadline = time.monotonic() + 30
    while not done.exists():
        assert time.monotonic() < deadline, "the test never got its database"
        assert process.poll() is None
        time.sleep(0.05)
    folder = Path(done.read_text())
    assert folder.exists()
    assert postmasters(folder.name)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 5
    while (folder.exists() or postmasters(folder.name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not folder.exists()
    assert postmasters(folder.name) == []


def test_two_runs_at_once_on_one_server(project: Project) -> None:
    project.write("test_shop.py", MANY)
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-n", "2"],
            cwd=project.pytester.path,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for run in runs:
        output, _ = run.communicate(timeout=60)
        assert "40 passed" in output, output


@pytest.fixture
def small_folder() -> Iterator[Path]:
    """A folder with room for a server and little else; its path is short, since a socket's must be."""
    with tempfile.TemporaryDirectory(prefix="gs") as name:
        Path(name).chmod(0o711)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=90m,mode=1777", "tmpfs", name], check=True)
        yield Path(name)
        subprocess.run(["umount", "-l", name], check=True)


def test_a_server_without_room_is_explained_where_the_test_failed(
    lonely_project: Project, small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(small_folder))
    lonely_project.configure('data = "disk"')
    result = lonely_project.check(
        """
        from sqlalchemy import text

        def test_fills_the_disk(db_session):
            db_session.execute(text("create table big as select repeat('x', 1000) from generate_series(1, 200000)"))
            db_session.commit()
        """,
        "--basetemp",
        str(lonely_project.pytester.path / "base"),
        failed=1,
    )
    result.stdout.fnmatch_lines(["*no room left*", "*fix: free some space there*"])

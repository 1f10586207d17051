"""examples/exams: its own synchronous tests pass on SQLite and on PostgreSQL, in any order, leaving nothing behind."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from greenshift.postgres import ServerSettings, open_server

pytestmark = pytest.mark.long

EXAMS = Path(__file__).parents[2] / "examples" / "exams"
LEAST_TESTS = 400
WORKERS = ("main", "gw0", "gw1")


def run(tmp_path: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # This run's own settings must not reach into the example's.
    foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_", "TEST_DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=EXAMS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def passed(tmp_path: Path, *arguments: str, **variables: str) -> int:
    """Run the example's tests; return how many passed: all of them."""
    results = tmp_path / "results.xml"
    tests = run(
        tmp_path,
        # Of all plugins that are installed, which take a second or two to import in each process, these two.
        *("-m", "pytest", "-p", "xdist", "-p", "randomly", "-p", "no:cacheprovider", f"--junit-xml={results}"),
        # A session left open or a row loaded by mistake fails the test that it belongs to.
        *("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"),
        *("-W", "error::sqlalchemy.exc.SAWarning"),
        *arguments,
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        **variables,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    suite = ET.parse(results).getroot().find("testsuite")
    assert suite is not None
    assert {suite.get(name) for name in ("errors", "failures", "skipped")} == {"0"}
    return int(suite.get("tests", "0"))


def files() -> set[Path]:
    return {path for path in EXAMS.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    """A URL with a place for the worker's name, on a server that ends with this module."""
    server = open_server(ServerSettings())
    try:
        for worker in WORKERS:
            with server.connect() as connection:
                connection.execute(f"CREATE DATABASE exams_{worker}")  # type: ignore[arg-type]
        yield server.url("exams_main", "psycopg").replace("exams_main", "exams_{worker}")
    finally:
        server.stop()


def test_the_synchronous_suite_passes_on_sqlite(tmp_path: Path) -> None:
    before = files()
    assert passed(tmp_path) >= LEAST_TESTS
    assert files() == before
    assert not list(tmp_path.glob("exams-*")), "the tests' database is still there"


def test_the_synchronous_suite_passes_on_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    before = files()
    assert passed(tmp_path, "-n", "2", TEST_DATABASE_URL=postgresql_url) >= LEAST_TESTS
    assert files() == before
    assert not list(tmp_path.glob("exams-*"))


def test_migrations_lead_to_a_database_that_the_application_runs_on(postgresql_url: str, tmp_path: Path) -> None:
    url = postgresql_url.replace("{worker}", "main")
    for arguments in (["-m", "alembic", "upgrade", "head"], ["-m", "scripts.seed_demo"], ["-m", "api.cli", "stats"]):
        done = run(tmp_path, *arguments, DATABASE_URL=url)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "users: 1\n" in done.stdout
    undone = run(tmp_path, "-m", "alembic", "downgrade", "base", DATABASE_URL=url)
    assert undone.returncode == 0, undone.stderr


def test_every_place_that_the_readme_names_is_there() -> None:
    table = (EXAMS / "README.md").read_text().partition("## Where the hard things are")[2]
    places = re.findall(r"`(?P<file>[\w./-]+\.\w+)` `(?P<name>[^`]+)`", table)
    assert len(places) > 80
    missing = [f"{file} {name}" for file, name in places if name not in (EXAMS / file).read_text()]
    assert missing == []

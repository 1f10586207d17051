"""examples/exams is shifted by the command line with no edit by hand, in stages, and taken back."""

import json
import os
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from made_once import made_once

from greenshift.postgres import Server, ServerSettings, open_server

pytestmark = pytest.mark.long

EXAMS = Path(__file__).parents[2] / "examples" / "exams"
LEAST_TESTS = 400
# All plugins that are installed take a second or two to import in each process: these are the example's, and verify's.
PLUGINS = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_asyncio.plugin"}
VERIFYING = {**PLUGINS, "PYTEST_PLUGINS": "pytest_asyncio.plugin,xdist.plugin,pytest_cov.plugin"}
FOREIGN = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_", "TEST_DATABASE_URL")


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # This run's own settings must not reach into the example's.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def shift(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = run(folder, "greenshift", "shift", ".", "--write", "--allow-dirty", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def copied(folder: Path) -> Path:
    copy = folder / "exams"
    copytree(EXAMS, copy, ignore=ignore_patterns("__pycache__", ".*_cache", ".greenshift"))
    return copy


def texts(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".greenshift"} & set(path.parts)
    }


def passed(folder: Path, **variables: str) -> int:
    """Run the tests of a copy, on SQLite if nothing else is said; return how many passed: all of them."""
    results = folder.parent / "results.xml"
    # pytest-randomly has seeded `random` in this test with the seed of the whole run.
    order = ("-p", "randomly", f"--randomly-seed={random.getrandbits(32)}")
    tests = run(
        folder, "pytest", "-q", "-p", "no:cacheprovider", *order, f"--junit-xml={results}", **PLUGINS, **variables
    )
    assert tests.returncode == 0, tests.stdout[-6000:] + tests.stderr
    suite = ET.parse(results).getroot().find("testsuite")
    assert suite is not None
    assert {suite.get(name) for name in ("errors", "failures", "skipped")} == {"0"}
    return int(suite.get("tests", "0"))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return texts(copied(tmp_path_factory.mktemp("original")))


@pytest.fixture(scope="session")
def shifted_once(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The example, shifted by all stages."""
    return made_once(tmp_path_factory, worker_id, "exams_shifted", lambda folder: shift(copied(folder))) / "exams"


@pytest.fixture
def shifted(shifted_once: Path, tmp_path: Path) -> Path:
    """The shifted example, for one test."""
    return Path(copytree(shifted_once, tmp_path / "shifted" / "exams"))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL with a database for the inner runs."""
    server = open_server(ServerSettings(provider="embedded"))
    with server.connect() as connection:
        connection.execute("CREATE DATABASE exams")
    yield server
    server.stop()


def errors(folder: Path, cache: Path) -> list[str]:
    """What mypy finds in a copy."""
    checked = run(folder, "mypy", f"--cache-dir={cache}", "api", "scripts")
    assert checked.returncode in (0, 1), checked.stdout + checked.stderr
    return [line for line in checked.stdout.splitlines() if ": error: " in line]


def test_modernized_alone_its_sync_tests_pass(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    shift(copy, "--stage", "modernize")
    assert [path.name for path in (copy / "api").rglob("*.py") if ".query(" in path.read_text()] == []
    assert passed(copy) >= LEAST_TESTS


def test_prepared_its_sync_tests_pass(tmp_path: Path) -> None:
    copy = copied(tmp_path)
    shift(copy, "--stage", "modernize,prepare")
    assert passed(copy) >= LEAST_TESTS


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_shifted_its_tests_pass_on_postgresql(shifted: Path, server: Server, driver: str) -> None:
    assert passed(shifted, TEST_DATABASE_URL=server.url("exams", driver)) >= LEAST_TESTS


def test_verified_on_sqlite_it_is_proved(shifted: Path, tmp_path: Path) -> None:
    before = str(copied(tmp_path))
    verified = run(shifted, "greenshift", "verify", ".", "--before", before, "--requests", "300", "--json", **VERIFYING)
    verdict = json.loads(verified.stdout)
    assert verdict["differences"] == []
    assert verdict["answer"] == "proved"
    assert set(verdict["before"]["outcomes"]) == set(verdict["after"]["outcomes"]) == {"passed"}
    assert verdict["before"]["outcomes"]["passed"] == verdict["after"]["outcomes"]["passed"] >= LEAST_TESTS
    assert verdict["before"]["drivers"] == ["pysqlite"]
    assert "aiosqlite" in verdict["after"]["drivers"]
    assert verdict["walk"]["answered"] > 30


def test_shifted_once_more_it_stays_as_it_is(shifted: Path) -> None:
    once = texts(shifted)
    assert "nothing to change" in shift(shifted).stderr
    assert texts(shifted) == once


def test_no_sync_session_boundary_is_left(shifted: Path, tmp_path: Path) -> None:
    assert run(copied(tmp_path), "greenshift", "scan", "api", "--fail-on-sync").returncode == 1
    scanned = run(shifted, "greenshift", "scan", "api", "--fail-on-sync")
    assert scanned.returncode == 0, scanned.stdout + scanned.stderr


def test_mypy_finds_no_more_than_before(shifted: Path, tmp_path: Path) -> None:
    cache = tmp_path / "mypy_cache"  # what mypy found of the libraries serves both
    after = errors(shifted, cache)
    assert len(after) <= len(errors(copied(tmp_path), cache)), "\n".join(after)


def test_no_legacy_query_is_left_in_the_application(shifted: Path) -> None:
    assert [path.name for path in (shifted / "api").rglob("*.py") if ".query(" in path.read_text()] == []


def test_every_file_parses_and_names_only_what_it_knows(shifted: Path) -> None:
    checked = run(shifted, "ruff", "check", "--isolated", "--select", "F", "--target-version", "py311", ".")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_plan_writes_nothing_and_counts_native_calls(original: dict[str, bytes], tmp_path: Path) -> None:
    copy = copied(tmp_path)
    planned = run(copy, "greenshift", "shift", ".", "--json")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert plan["left"] == 0
    assert plan["native"] > 0.9 * (plan["native"] + plan["bridged"])
    assert texts(copy) == original


def test_rolled_back_it_is_what_it_was(original: dict[str, bytes], shifted: Path) -> None:
    assert texts(shifted) != original
    undone = run(shifted, "greenshift", "rollback", ".")
    assert undone.returncode == 0, undone.stdout + undone.stderr
    assert texts(shifted) == original

"""examples/tokens: the five attempts fail with the errors reported for them; the same tests pass under Greenshift."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from greenshift.postgres import ServerSettings, open_server

pytestmark = pytest.mark.long

TOKENS = Path(__file__).parents[2] / "examples" / "tokens"
LEAST_TESTS = 20

# Parts of the modules that the attempts share, chosen to show each error more than once.
TIME = "test_each_commit_has_its_own_time"
EAGER = "test_loading_it_with_the_statement"
QUERYING = [
    "test_registering",
    EAGER,
    "test_an_unknown_connection",
    "test_renewing_rotates_the_refresh_token",
    TIME,
]
STORING = "test_storing_the_first_token"
RETURNED = "test_what_a_service_returns_can_be_read_after_its_commit"
CONFLICT = "test_an_address_is_registered_once"
LOADING = [EAGER, STORING, RETURNED, CONFLICT, TIME]


@dataclass(frozen=True)
class Outcome:
    """How one test ended; `report` holds the text of each of its failures and errors, empty when it passed."""

    report: str

    @property
    def passed(self) -> bool:
        return not self.report


def run_pytest(arguments: list[str], tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    # This run's own pytest, xdist, coverage and Greenshift must not reach into the example's.
    foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1", **variables}
    # Plugins that the example does not have; each takes half a second to import.
    arguments = [*arguments, "-p", "no:schemathesis", "-p", "no:hypothesispytest"]
    return subprocess.run(
        [sys.executable, *arguments, f"--junit-xml={tmp_path / 'results.xml'}"],
        cwd=TOKENS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def outcomes(tmp_path: Path) -> dict[str, Outcome]:
    found: dict[str, str] = {}
    for case in ET.parse(tmp_path / "results.xml").getroot().iter("testcase"):
        text = "".join(problem.text or "" for problem in case if problem.tag in ("failure", "error"))
        found[str(case.get("name"))] = found.get(str(case.get("name")), "") + text
    return {name: Outcome(text) for name, text in found.items()}


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A database to throw away on a server that ends with this module."""
    server = open_server(ServerSettings())
    name = f"tokens_attempts_{os.getpid()}"
    try:
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield server.url(name, "asyncpg")
        with server.connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]
    finally:
        server.stop()


@pytest.fixture
def attempt(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, Outcome]:
    """The outcomes of some tests under one attempt's conftest, without Greenshift."""
    number, names = request.param
    run = run_pytest(
        ["attempts/run.py", str(number), "-p", "no:randomly", "--tb=native", "-k", " or ".join(names)],
        tmp_path,
        DATABASE_URL=database_url,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    found = outcomes(tmp_path)
    assert set(found) == set(names)
    return found


def failed(found: dict[str, Outcome]) -> set[str]:
    return {name for name, outcome in found.items() if not outcome.passed}


def saying(found: dict[str, Outcome], text: str) -> set[str]:
    return {name for name, outcome in found.items() if text in outcome.report}


@pytest.mark.parametrize("attempt", [(1, QUERYING)], indirect=True, ids=["1"])
def test_attempt_1_a_pooled_connection_is_attached_to_a_different_loop(attempt: dict[str, Outcome]) -> None:
    other_loop = saying(attempt, "attached to a different loop")
    assert failed(attempt) == other_loop
    # The error costs the pool its connection, so that the next test gets one of its own and passes.
    assert 2 <= len(other_loop) < len(QUERYING)


@pytest.mark.parametrize("attempt", [(2, QUERYING)], indirect=True, ids=["2"])
def test_attempt_2_session_scoped_fixtures_open_connections_in_another_loop(attempt: dict[str, Outcome]) -> None:
    assert failed(attempt) == set(QUERYING) == saying(attempt, "attached to a different loop")
    # asyncpg says so only once; after that the connection waits for an answer that never comes.
    assert saying(attempt, "another operation is in progress")


@pytest.mark.parametrize("attempt", [(3, LOADING)], indirect=True, ids=["3"])
def test_attempt_3_the_session_in_a_transaction_misses_its_greenlet(attempt: dict[str, Outcome]) -> None:
    assert failed(attempt) == {STORING, RETURNED, CONFLICT, TIME}
    for name in (STORING, RETURNED):
        assert "if connection.token is None" in attempt[name].report
        assert "MissingGreenlet: greenlet_spawn has not been called" in attempt[name].report
    assert "MissingGreenlet" in attempt[CONFLICT].report  # expired by the rollback of the request's session
    assert "first.created_at < second.created_at" in attempt[TIME].report  # now() of the one transaction


@pytest.mark.parametrize("attempt", [(4, LOADING)], indirect=True, ids=["4"])
def test_attempt_4_the_listener_misses_its_greenlet(attempt: dict[str, Outcome]) -> None:
    assert failed(attempt) == {STORING, RETURNED, CONFLICT, TIME}
    for name in (STORING, RETURNED):
        _, listener, after = attempt[name].report.partition("in restart_savepoint")
        assert listener, attempt[name].report
        assert "MissingGreenlet: greenlet_spawn has not been called" in after
    assert "first.created_at < second.created_at" in attempt[TIME].report


@pytest.mark.parametrize("attempt", [(5, LOADING)], indirect=True, ids=["5"])
def test_attempt_5_the_clean_session_misses_its_greenlet(attempt: dict[str, Outcome]) -> None:
    assert failed(attempt) == {STORING, RETURNED, CONFLICT}  # its commits are real, and so are their times
    for name in (STORING, RETURNED):
        assert "if connection.token is None" in attempt[name].report
        assert "MissingGreenlet: greenlet_spawn has not been called" in attempt[name].report


def files() -> set[Path]:
    return {path for path in TOKENS.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize(("driver", "processes"), [("asyncpg", 0), ("asyncpg", 2), ("psycopg", 0)])
def test_the_same_tests_pass_under_greenshift(driver: str, processes: int, tmp_path: Path) -> None:
    before = files()
    run = run_pytest(
        [
            *("-m", "pytest", "-p", "no:cacheprovider", "-n", str(processes), "--db-driver", driver),
            *("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"),
        ],
        tmp_path,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found = outcomes(tmp_path)
    assert failed(found) == set()
    assert len(found) >= LEAST_TESTS
    assert {*QUERYING, *LOADING} <= set(found)
    assert " skipped" not in run.stdout
    assert f"the application uses {driver}" in run.stdout
    assert "random seed" in run.stdout or "--randomly-seed" in run.stdout
    assert files() == before

"""examples/platform: its three levels of tests pass, each can fail, and nothing is left behind."""

import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PLATFORM = Path(__file__).parents[2] / "examples" / "platform"
LEAST_TESTS = {"unit": 14, "integration": 18, "end_to_end": 5}
MARK = "GREENSHIFT_PLATFORM_EXAMPLE"


class Run:
    """One run of the example's tests, as its reader would start it."""

    def __init__(self, folder: Path, tmp_path: Path, *arguments: str) -> None:
        # This run's own pytest, xdist, coverage and Greenshift must not reach into the example's.
        foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        results = tmp_path / "results.xml"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={results}"),
                *(f"--basetemp={tmp_path / 'files'}", "-W", "error::ResourceWarning"),
                # Plugins that the example does not have; each takes half a second to import.
                *("-p", "no:schemathesis", "-p", "no:hypothesispytest"),
                *("-W", "error::pytest.PytestUnraisableExceptionWarning", *arguments),
            ],
            cwd=folder,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1", MARK: str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = process.pid
        try:
            self.output, _ = process.communicate(timeout=240)
        finally:
            process.kill()
            process.wait()
        self.exit_code = process.returncode
        suite = ET.parse(results).getroot().find("testsuite")
        assert suite is not None
        self.tests = int(suite.get("tests", "0"))
        self.skipped = int(suite.get("skipped", "0"))
        self.failed = {
            str(case.get("name"))
            for case in suite.iter("testcase")
            if any(problem.tag in ("failure", "error") for problem in case)
        }


def processes_of(tmp_path: Path) -> Iterator[str]:
    """Yield what is still running of a run's children (Linux; elsewhere nothing is seen)."""
    mark = f"{MARK}={tmp_path}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield (process / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue


def folders_of_servers(run: Run) -> list[Path]:
    """Return what is left of the servers that a run made for itself."""
    places = (Path("/dev/shm"), Path(tempfile.gettempdir()))
    return [folder for place in places for folder in place.glob(f"platform-{run.pid}-*")]


def files() -> set[Path]:
    return {path for path in PLATFORM.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize("level", LEAST_TESTS)
def test_level_passes_and_leaves_nothing(level: str, tmp_path: Path) -> None:
    before = files()
    run = Run(PLATFORM, tmp_path, f"tests/{level}")
    assert run.exit_code == 0, run.output
    assert run.failed == set()
    assert run.tests >= LEAST_TESTS[level]
    assert run.skipped == 0
    assert files() == before
    assert list(processes_of(tmp_path)) == []
    assert folders_of_servers(run) == []


@dataclass(frozen=True)
class Fault:
    """A mistake in the services.

    Args:
        file: where it is made.
        right: the text that is replaced.
        wrong: the text that replaces it.
        found_by: the integration tests that must fail.
    """

    file: str
    right: str
    wrong: str
    found_by: frozenset[str]


FAULTS = {
    "a conversation that keeps its session": Fault(
        "backend/authentication.py",
        "def websocket_author(websocket: WebSocket) -> Author:\n",
        "def websocket_author(websocket: WebSocket, database: Database) -> Author:\n"
        "    return await authenticate(websocket.headers.get('Authorization', ''), database)\n",
        frozenset({"test_open_conversations_hold_no_connection"}),
    ),
    "everybody's messages for everybody": Fault(
        "backend/messages.py",
        "select(Message).where(Message.author_id == author.id).order_by(Message.id)",
        "select(Message).order_by(Message.id)",
        frozenset({"test_fifty_users_are_kept_apart"}),
    ),
    "a token that is believed without the database": Fault(
        "backend/authentication.py",
        "    author = select(",
        "    return Author(user_id, '')\n    author = select(",
        frozenset({"test_an_ended_login_opens_no_conversation", "test_a_message_is_acknowledged_when_it_is_stored"}),
    ),
    "an acknowledgement before the commit": Fault(
        "backend/messages.py",
        "    await database.commit()\n",
        "",
        frozenset({"test_fifty_users_are_kept_apart", "test_a_message_is_acknowledged_when_it_is_stored"}),
    ),
    "a timeout of one service only": Fault(
        "backend/database.py",
        '            "statement_timeout": f"{settings.statement_timeout}s",\n',
        "",
        frozenset({"test_the_server_sees_the_same_settings_of_both"}),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    shutil.copytree(PLATFORM, folder, ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / fault.file
    source = file.read_text(encoding="utf-8")
    assert source.count(fault.right) == 1
    file.write_text(source.replace(fault.right, fault.wrong), encoding="utf-8")
    run = Run(folder, tmp_path, "tests/integration", "-k", " or ".join(fault.found_by))
    assert run.exit_code == pytest.ExitCode.TESTS_FAILED, run.output
    assert run.failed == fault.found_by
    assert run.tests >= len(fault.found_by)

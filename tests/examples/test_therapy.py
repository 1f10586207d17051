"""examples/therapy: each of its three solutions passes on its own, covers the routers and leaves nothing behind."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

THERAPY = Path(__file__).parents[2] / "examples" / "therapy"
SOLUTIONS = ["sync_fixtures", "all_async", "shared_session"]
LEAST_TESTS = 36
LEAST_COVERAGE = 70.0


def run_pytest(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example's tests as its reader would, except that what pytest writes goes to `tmp_path`."""
    # This run's own pytest, xdist and coverage must not reach into the example's.
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    }
    environment["COVERAGE_FILE"] = str(tmp_path / "coverage")
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={tmp_path / 'results.xml'}"),
            # Plugins that the example does not have; each takes half a second to import.
            *("-p", "no:schemathesis", "-p", "no:hypothesispytest"),
            # A leaked connection or a coroutine never awaited fails the test that it belongs to.
            *("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning"),
            *arguments,
        ],
        cwd=THERAPY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def passed(tmp_path: Path) -> int:
    """Return how many tests passed; none may have failed or been skipped."""
    suite = ET.parse(tmp_path / "results.xml").getroot().find("testsuite")
    assert suite is not None
    assert {suite.get(name) for name in ("errors", "failures", "skipped")} == {"0"}
    return int(suite.get("tests", "0"))


def files() -> set[Path]:
    return {path for path in THERAPY.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize("solution", SOLUTIONS)
def test_solution_passes_on_its_own(solution: str, tmp_path: Path) -> None:
    before = files()
    report = tmp_path / "coverage.json"
    run = run_pytest(
        tmp_path, f"tests/{solution}", "--cov=app/routers", "--cov-report=term", f"--cov-report=json:{report}"
    )
    print(run.stdout)  # the coverage of each router, for whoever reads the log
    assert run.returncode == 0, run.stdout + run.stderr
    assert passed(tmp_path) >= LEAST_TESTS
    assert "app/routers/sessions.py" in run.stdout
    covered = {
        name: file["summary"]["percent_covered"] for name, file in json.loads(report.read_text())["files"].items()
    }
    assert covered["app/routers/sessions.py"] >= LEAST_COVERAGE
    assert min(covered.values()) >= LEAST_COVERAGE
    assert files() == before


def test_solutions_pass_in_one_run(tmp_path: Path) -> None:
    before = files()
    run = run_pytest(tmp_path, "-q", "-n", "2", "--db-report")
    assert run.returncode == 0, run.stdout + run.stderr
    count = passed(tmp_path)
    assert count >= LEAST_TESTS * len(SOLUTIONS)
    assert f"database tests: {count}" in run.stdout
    assert files() == before

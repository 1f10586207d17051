"""examples/replicas: its tests pass on two real servers, in any order, and each part of the recipe is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

REPLICAS = Path(__file__).parents[2] / "examples" / "replicas"
LEAST_TESTS = 120


def run(folder: Path, results: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the example's tests as its reader would."""
    # This run's own pytest, xdist, coverage and Greenshift must not reach into the example's.
    foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={results}"),
            # Plugins that the example does not have; each takes half a second to import.
            *("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:locust"),
            *("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning", *arguments),
        ],
        cwd=folder,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def names(results: Path, *outcomes: str) -> set[str]:
    """Return the tests that had one of these outcomes (``failure``, ``error``, ``skipped``); of all without."""
    cases = ET.parse(results).getroot().iter("testcase")
    return {
        str(case.get("name")).partition("[")[0]
        for case in cases
        if not outcomes or any(child.tag in outcomes for child in case)
    }


def test_its_tests_pass(tmp_path: Path) -> None:
    before = {path for path in REPLICAS.rglob("*") if "__pycache__" not in path.parts}
    ran = run(REPLICAS, tmp_path / "results.xml")
    assert ran.returncode == 0, ran.stdout
    suite = ET.parse(tmp_path / "results.xml").getroot().find("testsuite")
    assert suite is not None
    assert int(suite.get("tests", "0")) >= LEAST_TESTS
    assert names(tmp_path / "results.xml", "failure", "error", "skipped") == set()
    assert {path for path in REPLICAS.rglob("*") if "__pycache__" not in path.parts} == before


@dataclass(frozen=True)
class Fault:
    """A part of the recipe that is left out.

    Args:
        file: where it is.
        right: the text that is replaced.
        wrong: the text that replaces it.
        found_by: a test that must fail.
    """

    file: str
    right: str
    wrong: str
    found_by: str


FAULTS = {
    "a write that is not noted": Fault(
        "session.py", "        if wrote:\n", "        if False:\n", "test_the_session_sees_what_it_wrote"
    ),
    "a transaction that goes back to the replica": Fault(
        "session.py",
        "        if self._is_writing:\n            return self.databases.primary\n",
        "        if self._is_writing and not only_reads(clause):\n            return self.databases.primary\n",
        "test_the_rest_of_the_transaction_follows",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_no_part_can_be_left_out(fault: Fault, tmp_path: Path) -> None:
    folder = tmp_path / "replicas"
    shutil.copytree(REPLICAS, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    file = folder / "routing" / fault.file
    source = file.read_text(encoding="utf-8")
    assert source.count(fault.right) == 1
    file.write_text(source.replace(fault.right, fault.wrong), encoding="utf-8")
    ran = run(folder, tmp_path / "results.xml", "-k", fault.found_by)
    assert ran.returncode == pytest.ExitCode.TESTS_FAILED, ran.stdout
    assert names(tmp_path / "results.xml", "failure") == {fault.found_by}

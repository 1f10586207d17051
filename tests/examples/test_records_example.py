"""examples/records: its tests pass in a schema of a shared database, find faults, and leave nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postgres.schemas.schema_fixtures import schemas_of, shared

from greenshift.postgres import Server, ServerSettings, open_server

__all__ = ["shared"]

pytestmark = pytest.mark.long

RECORDS = Path(__file__).parents[2] / "examples" / "records"
LEAST_TESTS = 55
LEAST_OF_THE_CONTRACT = 100
OF_THE_SEED = {
    f"test_{flavour}{name}"
    for flavour in ("", "async_")
    for name in (
        *("crud_operations", "batch_operations", "relationships", "preloading"),
        *("join_table", "serialization", "persist_with_id", "transaction"),
    )
}


class Run:
    """One run of the example's tests, as its reader would start it; it goes on until its outcome is asked for."""

    def __init__(self, folder: Path, results: Path, *arguments: str) -> None:
        # This run's own pytest, xdist, coverage and Greenshift must not reach into the example's.
        foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        self._results = results
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--junit-xml={results}"),
                # Plugins that the example does not have; each takes half a second to import.
                *("-p", "no:schemathesis", "-p", "no:hypothesispytest"),
                *("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning", *arguments),
            ],
            cwd=folder,
            env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait(self) -> int:
        """Wait for its end; return the exit code."""
        try:
            self.output, _ = self._process.communicate(timeout=240)
        finally:
            self._process.kill()
            self._process.wait()
        self._cases = list(ET.parse(self._results).getroot().iter("testcase"))
        return self._process.returncode

    def names(self, *outcomes: str) -> set[str]:
        """Return the tests that had one of these outcomes (``failure``, ``error``, ``skipped``); of all without."""
        return {
            str(case.get("name"))
            for case in self._cases
            if not outcomes or any(child.tag in outcomes for child in case)
        }


def files() -> set[Path]:
    return {path for path in RECORDS.rglob("*") if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def any_server() -> Iterator[Server]:
    """A server that ends with this module."""
    server = open_server(ServerSettings())
    yield server
    server.stop()


def test_its_tests_pass_on_a_server_started_from_nothing(tmp_path: Path) -> None:
    before = files()
    run = Run(RECORDS, tmp_path / "results.xml")
    assert run.wait() == 0, run.output
    assert run.names("failure", "error", "skipped") == set()
    assert run.names() >= OF_THE_SEED
    contract = {name for name in run.names() if name.startswith("test_contract[")}
    assert len(contract) >= LEAST_OF_THE_CONTRACT
    assert len(run.names() - contract) >= LEAST_TESTS
    assert files() == before


def test_two_runs_at_once_pass_on_a_shared_database(shared: Server, tmp_path: Path) -> None:
    with shared.connect() as connection:
        rights = connection.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
        assert rights.fetchall() == [(False, False)]
    runs = [Run(RECORDS, tmp_path / f"{number}.xml", f"--db-url={shared.url()}", "-n", "2") for number in range(2)]
    for run in runs:
        assert run.wait() == 0, run.output
        assert len(run.names()) >= LEAST_TESTS + LEAST_OF_THE_CONTRACT
    assert schemas_of(shared) == []
    with shared.connect() as connection:
        query = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        assert connection.execute(query).fetchone() == (0,)


@dataclass(frozen=True)
class Fault:
    """A mistake in the layer.

    Args:
        file: where it is made.
        right: the text that is replaced.
        wrong: the text that replaces it.
        found_by: the tests that must fail, and no others.
    """

    file: str
    right: str
    wrong: str
    found_by: frozenset[str]


FAULTS = {
    "a sequence that is not moved": Fault(
        "operations.py",
        "if model.COLUMNS[name].is_generated:",
        "if model.COLUMNS[name].is_generated and not values:",
        frozenset(
            {
                *("test_persist_with_id", "test_async_persist_with_id"),
                "test_given_ids_in_a_batch_move_the_sequence",
            }
        ),
    ),
    "a nested transaction without a savepoint": Fault(
        "async_database_manager.py",
        "            async with current.transaction():\n                yield current\n",
        "            yield current\n",
        frozenset({"test_async_transaction", "test_nested_rollback", "test_concurrent_tasks_stay_apart"}),
    ),
    "a task on the connection of another": Fault(
        "scopes.py",
        "scope.manager is manager and scope.owner == owner",
        "scope.manager is manager",
        frozenset({"test_a_task_started_inside_a_transaction_is_outside_of_it"}),
    ),
    "a relationship that keeps what its column led to": Fault(
        "record.py",
        "self._loaded.pop(attribute.name, None)",
        "pass",
        frozenset({"test_relationships", "test_async_relationships", "test_the_loaded_is_forgotten_with_its_column"}),
    ),
    "a statement for each record": Fault(
        "preloading.py",
        "        yield from _load(attribute, records)\n",
        "        for record in records:\n            yield from _load(attribute, [record])\n",
        frozenset({"test_preloading", "test_async_preloading"}),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_is_found(fault: Fault, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    shutil.copytree(RECORDS, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    file = folder / "records" / fault.file
    source = file.read_text(encoding="utf-8")
    assert source.count(fault.right) == 1
    file.write_text(source.replace(fault.right, fault.wrong), encoding="utf-8")
    modules = [f"tests/test_{name}.py" for name in ("postgres", "async_postgres", "edge_cases", "async_edge_cases")]
    run = Run(folder, tmp_path / "results.xml", *modules)
    assert run.wait() == pytest.ExitCode.TESTS_FAILED, run.output
    assert run.names("failure", "error") == fault.found_by

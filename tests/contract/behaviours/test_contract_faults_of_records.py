"""Faults in the record layer of examples/records: the contract's own test of it fails, and names each."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.postgres import Server

RECORDS = Path(__file__).parents[3] / "examples" / "records"
# A file, the text that is replaced, by what, the contract's test, what it says.
FAULTS = {
    "a sequence that is not moved": (
        "operations.py",
        "if model.COLUMNS[name].is_generated:",
        "if model.COLUMNS[name].is_generated and not values:",
        "explicit_key-User",
        "after the key 20000 was given, the sequence made .*: it was not moved",
    ),
    "a nested transaction without a savepoint": (
        "async_database_manager.py",
        "            async with current.transaction():\n                yield current\n",
        "            yield current\n",
        "nested_rollback-User",
        r"\(async alone\) what a nested transaction made is there, though it was rolled back",
    ),
    "a relationship that keeps what its column led to": (
        "record.py",
        "self._loaded.pop(attribute.name, None)",
        "pass",
        "repoint-Post.user",
        "Post.user_id was changed, and user .* still leads to the User that it led to before",
    ),
}


def contract(folder: Path, test: str, server: Server) -> subprocess.CompletedProcess[str]:
    """Run one test of the contract as the example's reader would."""
    foreign = ("PYTEST_", "COV_", "COVERAGE_", "GREENSHIFT_", "DATABASE_URL")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--db-url={server.url()}"),
            f"tests/test_contract.py::TestModels::test_contract[{test}]",
        ],
        cwd=folder,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "records"
    shutil.copytree(RECORDS, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    return copy


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_named(fault: str, folder: Path, contract_server: Server) -> None:
    name, right, wrong, test, said = FAULTS[fault]
    assert contract(folder, test, contract_server).returncode == pytest.ExitCode.OK
    file = folder / "records" / name
    source = file.read_text(encoding="utf-8")
    assert source.count(right) == 1
    file.write_text(source.replace(right, wrong), encoding="utf-8")
    run = contract(folder, test, contract_server)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert re.search(said, run.stdout, re.DOTALL), run.stdout

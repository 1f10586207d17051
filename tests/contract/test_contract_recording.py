"""What is written down of each test, for ``greenshift contract``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

TESTS = """
import pytest
from greenshift.contract.behaviours.failure import ContractFailure

CASES = ["passes-A", "notes-A", "fails-A", "misbehaves-A", "breaks-A", "ends badly-A", "skips-A"]
LEFT_OUT = pytest.param("left_out-A.b", marks=pytest.mark.skip(reason="left out: why not"))

@pytest.fixture
def ending(case):
    yield
    assert case != "ends badly-A", "at the end"

@pytest.mark.parametrize("case", [*CASES, LEFT_OUT], ids=lambda case: case)
def test_contract(case, request, ending):
    if case == "notes-A":
        request.node.user_properties += [("note", "one"), ("other", "no note"), ("note", "two")]
    if case == "fails-A":
        pytest.fail("what happened\\n  fix: what to do", pytrace=False)
    if case == "misbehaves-A":
        raise ContractFailure("create: A: (sync) no")
    if case == "breaks-A":
        raise KeyError("deep")
    if case == "skips-A":
        pytest.skip("not today")
"""


@pytest.fixture
def report(monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester) -> Path:
    place = pytester.path / "out.json"
    monkeypatch.setenv("GREENSHIFT_CONTRACT_REPORT", str(place))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return place


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "greenshift.contract.recording", "-p", "no:randomly", *arguments)


def test_every_outcome(pytester: pytest.Pytester, report: Path) -> None:
    pytester.makepyfile(TESTS)
    assert run(pytester).ret == pytest.ExitCode.TESTS_FAILED
    tests: list[dict[str, Any]] = json.loads(report.read_text(encoding="utf-8"))
    assert all(test.keys() == {"id", "outcome", "message", "notes"} for test in tests)
    assert [(test["id"], test["outcome"], test["message"]) for test in tests] == [
        ("passes-A", "passed", ""),
        ("notes-A", "passed", ""),
        ("fails-A", "failed", "what happened\n  fix: what to do"),
        ("misbehaves-A", "failed", "create: A: (sync) no"),
        ("breaks-A", "failed", "KeyError: 'deep'"),
        ("ends badly-A", "failed", "AssertionError: at the end\nassert 'ends badly-A' != 'ends badly-A'"),
        ("skips-A", "skipped", "not today"),
        ("left_out-A.b", "skipped", "left out: why not"),
    ]
    assert {test["id"]: test["notes"] for test in tests if test["notes"]} == {"notes-A": ["one", "two"]}


def test_nothing_is_written_where_no_test_ran(pytester: pytest.Pytester, report: Path) -> None:
    pytester.makepyfile("import nothing_of_this_name")
    assert run(pytester).ret == pytest.ExitCode.INTERRUPTED
    assert not report.exists()


def test_nothing_is_written_unless_it_is_asked_for(
    pytester: pytest.Pytester, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GREENSHIFT_CONTRACT_REPORT")
    pytester.makepyfile(TESTS)
    run(pytester, "-k", "passes").assert_outcomes(passed=1, deselected=7)
    assert not report.exists()

"""A plugin of pytest that writes down how each test of the contract went; ``greenshift contract`` loads it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

_tests: dict[str, dict[str, Any]] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember the worst of a test's phases."""
    identifier = report.nodeid.partition("[")[2].removesuffix("]") or report.nodeid
    test = _tests.setdefault(identifier, {"id": identifier, "outcome": "passed", "message": "", "notes": []})
    test["notes"] = [value for name, value in report.user_properties if name == "note"]
    if report.failed:
        test["outcome"], test["message"] = "failed", _message(report)
    elif report.skipped and test["outcome"] == "passed":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        test["outcome"], test["message"] = "skipped", reason.removeprefix("Skipped: ")


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the report, if tests were run."""
    place = os.environ.get("GREENSHIFT_CONTRACT_REPORT")
    if place and exitstatus in (0, 1):
        Path(place).write_text(json.dumps(list(_tests.values())), encoding="utf-8")


def _message(report: pytest.TestReport) -> str:
    """Return what was said, without the traceback."""
    crash = getattr(report.longrepr, "reprcrash", None)
    said = str(crash.message if crash is not None else report.longrepr)
    for prefix in ("greenshift.contract.behaviours.failure.ContractFailure: ", "Failed: "):
        said = said.removeprefix(prefix)
    return said.strip()

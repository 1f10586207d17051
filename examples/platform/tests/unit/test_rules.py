"""The rules of `greenshift check`, asked of both services, of what they build, and of the broken pool."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

from sqlalchemy import AsyncAdaptedQueuePool

from tests.end_to_end.services import PLATFORM, variant_of_the_backend

MESSAGE = "Pool class QueuePool cannot be used with asyncio engine"
BROKEN = (PLATFORM / "broken" / "database.py").read_text(encoding="utf-8")


class Check:
    """One run of `greenshift check`, down to a severity.

    Attributes:
        exit_code: 0 where nothing was found, 1 where something was.
        findings: rule, file and line of each finding.
        messages: what they say.
        engines: how many engines were looked at.
    """

    def __init__(self, *arguments: str, folder: Path = PLATFORM, severity: str = "advice") -> None:
        run = subprocess.run(
            [sys.executable, "-m", "greenshift", "check", "--json", "--no-cache", "--severity", severity, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode in (0, 1), run.stdout + run.stderr
        report = json.loads(run.stdout)
        self.exit_code = run.returncode
        self.findings = [(found["rule"], found["file"], found["line"]) for found in report["findings"]]
        self.messages = [found["message"] for found in report["findings"]]
        self.engines = report["summary"]["engines"]


def line_of(text: str) -> int:
    """Return the number of the only line of the broken module with this text."""
    (number,) = [number for number, line in enumerate(BROKEN.splitlines(), 1) if text in line]
    return number


def test_both_services_follow_every_rule() -> None:
    check = Check()
    assert check.findings == []
    assert check.exit_code == 0
    assert check.engines >= 2


def test_so_do_the_engines_that_they_build() -> None:
    check = Check("--live", "auth_service.database:engine", "--live", "backend.database:engine")
    assert check.findings == []
    assert check.exit_code == 0
    assert check.engines >= 2


def test_the_broken_pool_is_found_in_the_source_and_when_it_is_built() -> None:
    check = Check("broken", "--live", "broken.database:engine", severity="error")
    assert check.exit_code == 1
    assert check.findings == [
        ("GS101", "broken/database.py", line_of("engine = create_async_engine(")),
        ("GS101", "broken/database.py", line_of("poolclass=QueuePool")),
    ]
    assert all(message.startswith(MESSAGE) for message in check.messages)


def test_the_broken_pool_is_mended(tmp_path: Path) -> None:
    folder = variant_of_the_backend(tmp_path, BROKEN)
    fixed = Check("--fix", folder=folder, severity="error")
    assert (fixed.exit_code, fixed.findings) == (0, [])
    mended = folder / "backend" / "database.py"
    assert mended.read_text(encoding="utf-8") == BROKEN.replace("    poolclass=QueuePool,\n", "")
    assert isinstance(runpy.run_path(str(mended))["engine"].pool, AsyncAdaptedQueuePool)

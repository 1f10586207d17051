"""`greenshift check`, run as in a terminal."""

import json
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.services import PLATFORM


class Check:
    """One run of `greenshift check`, down to a severity.

    Attributes:
        exit_code: 0 where nothing was found, 1 where something was.
        findings: rule, file and line of each finding.
        messages: what they say.
        engines: how many engines were looked at.
        tables: the rows of all tables by their first column.
        output: the whole report.
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
        self.tables = {row[0]: row[1:] for table in report["tables"] for row in table["rows"]}
        self.output = run.stdout
        self.engines = report["summary"]["engines"]

"""Check public applications that use SQLAlchemy, and hold what is found against what was judged.

    python tests/corpus/check.py --checkouts FOLDER [--only OWNER/NAME]... [--markdown FILE]

The checkouts (``FOLDER/OWNER+NAME``, at the commits of ``checked.toml``) belong to the machine; no part of an
application is in this repository. Exit code 0 where every finding was judged true and every judged finding is found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = "| application | commit | lines | engines | session factories | seconds | findings |"
LIST = Path(__file__).with_name("checked.toml")


@dataclass(frozen=True)
class Judged:
    """Findings of one rule that somebody has read: how many there are in which files, and why they are true."""

    rule: str
    files: str
    count: int
    why: str


@dataclass(frozen=True)
class Listed:
    """One application of the list."""

    repository: str
    commit: str
    style: str
    true: tuple[Judged, ...] = ()

    @property
    def folder(self) -> str:
        """Its folder among the checkouts."""
        return self.repository.replace("/", "+")


@dataclass(frozen=True)
class Checked:
    """What one run found in an application."""

    listed: Listed
    summary: dict[str, Any]
    lines: int
    findings: tuple[dict[str, Any], ...]

    @property
    def surprises(self) -> list[str]:
        """What was found and not judged, or judged and not found."""
        found = Counter(finding["rule"] for finding in self.findings)
        judged = Counter({one.rule: one.count for one in self.listed.true})
        more = [f"{rule}: {count} not judged" for rule, count in sorted((found - judged).items())]
        return more + [f"{rule}: {count} judged, and not found" for rule, count in sorted((judged - found).items())]


def load(path: Path = LIST) -> list[Listed]:
    """Read the list."""
    return [
        Listed(**{**entry, "true": tuple(Judged(**one) for one in entry.get("true", ()))})
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["application"]
    ]


def check(listed: Listed, checkouts: Path) -> Checked:
    """Run the command on a checkout."""
    folder = checkouts / listed.folder
    command = [sys.executable, "-m", "greenshift", "check", ".", "--json", "--no-cache"]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{listed.repository}: {run.stderr.strip()}")
    report = json.loads(run.stdout)
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    return Checked(listed, report["summary"], lines, tuple(report["findings"]))


def markdown(results: Sequence[Checked]) -> str:
    """Return the table of the documentation."""
    rows = [_HEAD, "|---|---|---|---|---|---|---|"]
    for result in results:
        listed, summary = result.listed, result.summary
        engines, factories = summary["engines"], summary["session_factories"]
        found = "; ".join(f"{one.rule} ({one.count}): {one.why}" for one in listed.true) or "none"
        rows.append(
            f"| `{listed.repository}` ({listed.style}) | `{listed.commit[:7]}` | {result.lines:,} | {engines} "
            f"| {factories} | {summary['seconds']:.1f} | {found} |"
        )
    return "\n".join(rows) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the applications; exit code 0 where nothing surprises."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args(arguments)
    results = []
    for listed in load():
        if options.only and listed.repository not in options.only:
            continue
        result = check(listed, options.checkouts)
        results.append(result)
        print(
            f"{listed.repository}: {len(result.findings)} findings; {'; '.join(result.surprises) or 'as judged'}",
            flush=True,
        )
    if options.markdown is not None:
        options.markdown.write_text(markdown(results), encoding="utf-8")
    return 1 if any(result.surprises for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())

"""The seed's table on ``examples/exams``: ``python benchmarks/exams_load.py [--delays 0 2ms 5ms] [--rounds 5] ...``.

Copies the example, shifts a copy with ``greenshift shift``, and has ``greenshift load`` compare both on the same rows:
50 users and 1,000 requests, 100 concurrent users, and fewer for the curve; once for each distance of the database.
Writes a report (HTML and JSON) for each and prints the table. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "exams"
TARGETS = ("throughput>500@50", "mean<100ms@50", "without-blocking@100")
PREPARE = ("python -m alembic upgrade head", "python -m scripts.seed_demo", "scripts/load_data.sql")


def versions(folder: Path, loading: str) -> tuple[Path, Path]:
    """Return the folders of the example as it is, and shifted.

    Args:
        folder: an empty folder.
        loading: ``--loading`` of the shift: what reads that cannot be traced to a statement become.
    """
    before, after = folder / "exams", folder / "exams-async"
    for copy in (before, after):
        shutil.copytree(EXAMPLE, copy, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db"))
    command = [sys.executable, "-m", "greenshift", "shift", str(after), "--write", "--loading", loading]
    shifted = subprocess.run(command, capture_output=True, text=True, check=False)
    if shifted.returncode not in {0, 1}:
        sys.exit(f"the example cannot be shifted:\n{shifted.stderr}")
    print(*[line for line in (shifted.stdout + shifted.stderr).splitlines() if "native" in line], file=sys.stderr)
    return before, after


def measure(before: Path, after: Path, delay: str, report: Path, more: list[str]) -> dict[str, Any]:
    """Compare both with the database so far away; return what `greenshift load --json` says.

    Args:
        before: the example.
        after: the example shifted.
        delay: the round trip to add, such as ``2ms``.
        report: the HTML file to write.
        more: further arguments of `greenshift load`.
    """
    command = [sys.executable, "-m", "greenshift", "load", "--before", str(before), "--after", str(after)]
    command += ["--app", "api.main:app", "--scenario", str(EXAMPLE / "scenario.toml"), "--database-delay", delay]
    for name, values in (("--target", TARGETS), ("--prepare", PREPARE)):
        for value in values:
            command += [name, value]
    command += ["--html", str(report), "--json", *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout:
        sys.exit(done.returncode)
    report.with_suffix(".json").write_text(done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def show(delay: str, load: dict[str, Any]) -> None:
    """Print the table of one distance, as Markdown.

    Args:
        delay: the distance.
        load: what was measured.
    """
    print(f"\n### database delay {delay}\n\n| users | version | answers/s | mean | p95 | p99 | failed |")
    print("|---:|---|---:|---:|---:|---:|---:|")
    for step in load["steps"]:
        for version in ("before", "after"):
            rounds = [one for one in load["measurements"] if one["step"] == step["label"] and one["version"] == version]
            cells = [median([one["throughput"] for one in rounds], 1)]
            cells += [median([one[name] for one in rounds], 1000) + " ms" for name in ("mean", "p95", "p99")]
            failed = sum(one["driven"]["errors"] + one["driven"]["timeouts"] for one in rounds)
            print(f"| {step['label']} | {version} | {' | '.join(cells)} | {failed} |")
    print()
    for target in load["targets"]:
        because = f" ({target['because']})" if target["because"] else ""
        print(f"- {target['target']}, {target['version']}: {target['answer']}{because}")
    for step, reasons in load["reasons"].items():
        print(f"- {step}, async does not win:")
        print("\n".join(f"    - {reason}" for reason in reasons))
    for warning in load["warnings"]:
        print(f"- warning: {warning}")


def median(values: list[float | None], scale: float) -> str:
    """Return the median and the range."""
    known = sorted(value * scale for value in values if value is not None)
    if not known:
        return "-"
    middle = known[len(known) // 2] if len(known) % 2 else (known[len(known) // 2 - 1] + known[len(known) // 2]) / 2
    return f"{middle:.0f}" if len(known) == 1 else f"{middle:.0f} ({known[0]:.0f} to {known[-1]:.0f})"


def main() -> None:
    """Print the tables and write the reports."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delays", nargs="+", default=["0", "2ms", "5ms"])
    parser.add_argument("--users", default="1,10,50,100")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--pool-size", default="20", help="of both versions; no overflow")
    parser.add_argument("--loading", default="awaitable", help="of the shift: query, model or awaitable")
    parser.add_argument("--out", type=Path, default=Path("exams-load"), help="the folder for the reports")
    parser.add_argument("more", nargs="*", help="further arguments of greenshift load, after --")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    more = ["--users", arguments.users, "--rounds", str(arguments.rounds), "--requests", str(arguments.requests)]
    # Connections beyond pool_size are opened and closed with each use, which asyncpg pays dearly: both keep theirs.
    more += ["--pool-size", arguments.pool_size, "--max-overflow", "0"]
    with tempfile.TemporaryDirectory(prefix="exams-load-") as folder:
        before, after = versions(Path(folder), arguments.loading)
        for delay in arguments.delays:
            report = arguments.out / f"exams-{delay}.html"
            show(delay, measure(before, after, delay, report, [*more, *arguments.more]))


if __name__ == "__main__":
    main()

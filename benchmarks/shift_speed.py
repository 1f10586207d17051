"""How long a shift takes, and how much memory: ``python benchmarks/shift_speed.py [--lines 20000 ...]``.

The application is made up by copying ``examples/exams`` under other names until it has the lines wanted, so that the
share of database code is that of a real one. Each size runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "exams"


def make_application(root: Path, lines: int) -> int:
    """Fill a folder with copies of the example; return how many lines of Python it holds.

    Args:
        root: An empty folder.
        lines: How many there are to be, at least.
    """
    total, copies = 0, 0
    while total < lines:
        folder = root / f"service{copies}"
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (folder / "__init__.py").write_text("")
        total += sum(path.read_text().count("\n") for path in folder.rglob("*.py"))
        copies += 1
    return total


def measure(root: Path) -> dict[str, float]:
    """Shift an application in a process of its own; return its seconds, the processor's, MiB and the plan's figures.

    Args:
        root: The application.
    """
    code = (
        "import json, resource, sys, time; from pathlib import Path; from greenshift.shift.api import plan_shift; "
        "start = time.perf_counter(); plan = plan_shift(Path(sys.argv[1])); "
        "print(json.dumps({'seconds': time.perf_counter() - start, 'processor': time.process_time(), "
        "'native': plan.native, 'bridged': plan.bridged, "
        "'files': len(plan.changes.changes), "
        "'mib': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(root)], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print one line for each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="+", default=[20_000, 60_000, 200_000])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    print(
        f"{'lines':>8} {'seconds':>8} {'CPU s':>8} {'lines/s':>8} {'MiB':>6} {'files':>6} {'native':>7} {'bridged':>8}"
    )
    for wanted in arguments.lines:
        with tempfile.TemporaryDirectory(prefix="greenshift-") as folder:
            lines = make_application(Path(folder), wanted)
            begin = time.perf_counter()
            found = measure(Path(folder)) | {"lines": lines}
            found["process"] = time.perf_counter() - begin
            results.append(found)
            print(
                f"{lines:>8} {found['seconds']:>8.1f} {found['processor']:>8.1f} "
                f"{lines / found['seconds']:>8.0f} {found['mib']:>6.0f} "
                f"{found['files']:>6.0f} {found['native']:>7.0f} {found['bridged']:>8.0f}",
                flush=True,
            )
    if arguments.json:
        arguments.json.write_text(json.dumps({"results": results}, indent=2))


if __name__ == "__main__":
    main()

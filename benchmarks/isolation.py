"""What keeping tests apart costs: Greenshift beside the other ways, side by side in one run.

    python benchmarks/isolation.py                        # everything, about six minutes on two cores
    python benchmarks/isolation.py --quick                # fewer rounds and tests, about a minute
    python benchmarks/isolation.py --only tests,rewind --json figures.json

All on one embedded PostgreSQL in RAM, each contender in a project and a pytest process of its own, with no other
plugin loaded. docs/benchmarks.md says what each section measures. `pip install '.[dev,benchmarks]'` installs what
is needed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comparison.comparing import compare
from comparison.databases import rewind_alone, warm_clones
from comparison.printing import surroundings
from comparison.whole_runs import from_nothing, idle, workers

from greenshift.postgres import Server, ServerSettings, open_server

SECTIONS: dict[str, Callable[[Server, Path, bool], dict[str, Any]]] = {
    "tests": lambda server, directory, quick: compare(server, directory, quick=quick),
    "rewind": lambda server, directory, quick: rewind_alone(server, quick=quick),
    "start": lambda server, directory, quick: from_nothing(directory, quick=quick),
    "clones": lambda server, directory, quick: warm_clones(server, quick=quick),
    "workers": lambda server, directory, quick: workers(directory, quick=quick),
    "idle": lambda server, directory, quick: idle(server, directory, quick=quick),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and tests; the figures are rougher")
    parser.add_argument("--only", metavar="SECTION,...", help=f"any of: {', '.join(SECTIONS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, in seconds, to this file")
    arguments = parser.parse_args()
    chosen = arguments.only.split(",") if arguments.only else list(SECTIONS)
    unknown = [name for name in chosen if name not in SECTIONS]
    if unknown:
        parser.error(f"there is no section {unknown[0]!r}; choose from {', '.join(SECTIONS)}")
    figures: dict[str, Any] = {"surroundings": surroundings()}
    server = open_server(ServerSettings(provider="embedded"))
    try:
        figures["surroundings"]["server"] = {"version": server.version, "in_memory": server.in_memory}
        for name, value in figures["surroundings"].items():
            print(f"{name}: {value}")
        with tempfile.TemporaryDirectory(prefix="greenshift-benchmark-") as directory:
            for name in chosen:
                figures[name] = SECTIONS[name](server, Path(directory), arguments.quick)
    finally:
        server.stop()
    figures["surroundings"]["load at the end"] = surroundings()["load"]
    print(f"\nload at the end: {figures['surroundings']['load at the end']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()

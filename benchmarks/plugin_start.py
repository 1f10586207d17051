"""What the plugin costs a run without database tests: ``python benchmarks/plugin_start.py [--rounds 15]``.

The imports are timed by the interpreter itself (``-X importtime``): what is loaded with the plugin and not without it.
The whole run is timed beside it, with the plugin and without, in turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
WITHOUT = ["-p", "no:greenshift"]


def imported(folder: Path, options: list[str]) -> dict[str, int]:
    """Return the microseconds that each module took by itself."""
    ran = subprocess.run(
        [sys.executable, "-X", "importtime", *BARE, *options], cwd=folder, capture_output=True, text=True, check=True
    )
    lines = [line.removeprefix("import time:").split("|") for line in ran.stderr.splitlines() if "|" in line]
    return {name.strip(): int(own) for own, _, name in lines if own.strip().isdigit()}


def seconds(folder: Path, options: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *BARE, *options], cwd=folder, capture_output=True, check=True)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    # Other plugins that are installed beside it are not what is measured.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plugin = ["-p", "greenshift.testing.plugin"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_plain.py").write_text("def test_plain():\n    assert True\n")
        imports, whole, bare = [], [], []
        for _ in range(rounds):
            without = imported(folder, WITHOUT)
            imports.append(sum(own for module, own in imported(folder, plugin).items() if module not in without) / 1000)
            bare.append(seconds(folder, WITHOUT))
            whole.append(seconds(folder, plugin))
    print(f"imports of the plugin, median of {rounds}:  {statistics.median(imports):6.1f} ms")
    print(f"pytest without it:                 {statistics.median(bare) * 1000:6.0f} ms")
    print(f"pytest with it:                    {statistics.median(whole) * 1000:6.0f} ms")


if __name__ == "__main__":
    main()

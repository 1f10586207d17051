"""Sections `start`, `workers` and `idle`: what whole runs of pytest take."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from comparison.contenders import APPLICATION
from comparison.printing import milliseconds, summary, table
from comparison.pytest_runs import run_pytest, write_project
from greenshift.postgres import Server

PYPROJECT = """
[tool.greenshift]
metadata = "app:Base"
server = "embedded"

[tool.pytest.ini_options]
pythonpath = ["."]
"""

FIRST_TEST = """
import os, time
from app import Entry

def test_first({arguments}):
    with open("body", "w") as file:
        file.write(repr(time.time()))
    {statement}
"""

WORKING_TEST = """
import json
import pytest
from sqlalchemy import select
from app import ENTRIES

@pytest.mark.parametrize("number", range(1000))
def test_work(number, db_session):
    # About as much Python as SQL: a small request handler and its assertions.
    entries = [ENTRIES[0](name=f"entry {{index}}") for index in range(3)]
    db_session.add_all(entries)
    db_session.commit()
    found = db_session.scalars(select(ENTRIES[0]).order_by(ENTRIES[0].id)).all()
    document = json.dumps([{{"id": entry.id, "name": entry.name, "values": list(range(60))}} for entry in found * 8])
    for _ in range({loops}):
        assert json.loads(document)[0]["name"] == "entry 0"
    assert [entry.name for entry in found] == ["entry 0", "entry 1", "entry 2"]
"""

# The most that two workers can give on a machine: as much processor time a test, and nothing to share.
COMPUTING_TEST = """
import time
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_computing(number):
    end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass
"""

IDLE_TEST = """
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_without_database(number):
    pass
"""


def from_nothing(directory: Path, *, quick: bool) -> dict[str, Any]:
    """From the start of the process to the first test's body, with a server made for the run and without."""
    files = {"app.py": APPLICATION, "pyproject.toml": PYPROJECT}
    ours = write_project(
        directory / "first",
        files | {"test_first.py": FIRST_TEST.format(arguments="db_session", statement="db_session.get(Entry, 1)")},
    )
    bare = write_project(
        directory / "first_bare", files | {"test_first.py": FIRST_TEST.format(arguments="", statement="pass")}
    )
    run_pytest(ours, ("greenshift",))  # so that the programs and the bytecode are where they will be from now on
    run_pytest(bare, ())
    with_server, without = [], []
    for _ in range(3 if quick else 15):
        for project, plugins, figures in ((ours, ("greenshift",), with_server), (bare, (), without)):
            run = run_pytest(project, plugins)
            figures.append(float((project / "body").read_text()) - run.began)
    figures = {
        "with the embedded server": summary(with_server),
        "bare pytest that imports the same": summary(without),
        "difference": summary([mine - theirs for mine, theirs in zip(with_server, without, strict=True)]),
    }
    print("\nfrom nothing to the first test's body, milliseconds\n")
    rows = [(name, milliseconds(item["median"]), milliseconds(item["p95"])) for name, item in figures.items()]
    print(table(("", "median", "p95"), rows))
    return figures


def workers(directory: Path, *, quick: bool) -> dict[str, Any]:
    """1,000 tests in one process, and in two that share a server."""
    project = write_project(
        directory / "workers",
        {"app.py": APPLICATION, "pyproject.toml": PYPROJECT, "test_work.py": WORKING_TEST.format(loops=12)},
    )
    longer = write_project(
        directory / "workers_longer",
        {"app.py": APPLICATION, "pyproject.toml": PYPROJECT, "test_work.py": WORKING_TEST.format(loops=150)},
    )
    computing = write_project(
        directory / "computing", {"pyproject.toml": "", "test_computing.py": COMPUTING_TEST.format(seconds=0.0045)}
    )
    variants = {
        "Greenshift": (project, ("greenshift", "xdist")),
        "Greenshift, longer tests": (longer, ("greenshift", "xdist")),
        "tests that only compute, without Greenshift": (computing, ("xdist",)),
    }
    figures: dict[str, Any] = {}
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for _ in range(1 if quick else 3):
        for name, (place, plugins) in variants.items():
            one = run_pytest(place, plugins, "-n", "0")
            two = run_pytest(place, plugins, "-n", "2")
            rounds[name].append(
                {
                    "one": one.seconds,
                    "two": two.seconds,
                    "ratio": one.seconds / two.seconds,
                    "ratio of the tests alone": (one.starts[-1] - one.starts[0]) / (two.starts[-1] - two.starts[0]),
                    "test": one.per_test(10),
                }
            )
    rows = []
    for name, runs in rounds.items():
        middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        figures[name] = middle | {"rounds": runs}
        rows.append(
            (
                name,
                milliseconds(middle["test"]),
                f"{middle['one']:.2f}",
                f"{middle['two']:.2f}",
                f"{middle['ratio']:.2f}",
                f"{middle['ratio of the tests alone']:.2f}",
            )
        )
    print("\n1,000 tests in one process and in two; seconds for the whole run, start and end included\n")
    print(table(("", "ms a test", "-n 0", "-n 2", "times faster", "without start and end"), rows))
    return figures


def idle(server: Server, directory: Path, *, quick: bool) -> dict[str, Any]:
    """What tests that use no database pay for the plugin's presence."""
    project = write_project(
        directory / "idle", {"app.py": APPLICATION, "pyproject.toml": PYPROJECT, "test_idle.py": IDLE_TEST}
    )
    unconfigured = write_project(directory / "idle_bare", {"pyproject.toml": "", "test_idle.py": IDLE_TEST})
    environment = {"GREENSHIFT_DATABASE_URL": server.url()}
    off, on, there = [], [], []
    for _ in range(2 if quick else 7):
        off.append(run_pytest(project, ()).per_test(10))
        there.append(run_pytest(unconfigured, ("greenshift",)).per_test(10))
        on.append(run_pytest(project, ("greenshift",), environment=environment).per_test(10))
    figures = {
        "plugin off": summary(off),
        "plugin on, project without [tool.greenshift]": summary(there),
        "plugin on, project with [tool.greenshift]": summary(on),
    }
    print("\ntests that use no database, milliseconds a test\n")
    rows = [(name, milliseconds(item["median"])) for name, item in figures.items()]
    print(table(("", "median"), rows))
    return figures

"""The whole demo, quick, from the checkout: every figure is there, and measured."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from demo.demo_runs import EXAMPLE, PROJECT, at_work_in, contents, run_demo

pytestmark = pytest.mark.long

STEPS = ["server", "tests", "check", "scan", "shift", "verify", "async-tests", "explain", "heal", "load"]


class Ran:
    def __init__(self, folder: Path, before: dict[str, bytes]) -> None:
        self.folder = folder / "demo"
        self.html = folder / "the report.html"
        done = run_demo(
            *("--quick", "--json", "--folder", "demo", "--html", self.html.name),
            cwd=folder,
            # Neither reaches into the example.
            DATABASE_URL="postgresql://nobody@localhost:1/production",
            PYTEST_ADDOPTS="--no-such-option",
        )
        assert done.returncode in {0, 1}, done.stderr
        self.said = done.stderr
        self.code = done.returncode
        self.found: dict[str, Any] = json.loads(done.stdout)
        self.steps = {one["step"]: one for one in self.found["steps"]}
        self.example_before = before

    def figures(self, step: str) -> dict[str, Any]:
        figures: dict[str, Any] = self.steps[step]["figures"]
        return figures


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("elsewhere"), contents(EXAMPLE))


def test_every_step_did_its_work(ran: Ran) -> None:
    assert list(ran.steps) == STEPS
    assert {name: (one["state"], one["problem"]) for name, one in ran.steps.items()} == dict.fromkeys(
        STEPS, ("done", "")
    )
    assert ran.code == ran.found["exit_code"] == 0


def test_the_figures_are_those_of_the_run(ran: Ran) -> None:
    count = len(re.findall(r"def test_", (EXAMPLE / "tests/services/test_question_service.py").read_text()))
    tests, async_tests, verify = ran.figures("tests"), ran.figures("async-tests"), ran.figures("verify")
    assert tests["passed"] >= count
    assert tests["passed"] == async_tests["passed"] == verify["before"]["outcomes"]["passed"]
    assert (tests["driver"], async_tests["driver"]) == ("psycopg", "asyncpg")
    assert verify["answer"] == "proved"
    assert verify["after"]["statements"] > 100
    assert "aiosqlite" in verify["after"]["drivers"]
    assert verify["walk"]["requests"] == 10
    assert ran.figures("scan")["places"] > 1000
    assert ran.figures("check")["engines"] >= 1
    assert ran.figures("shift")["native"] > 300
    assert ran.figures("server")["version"] in ran.steps["server"]["words"]


def test_the_error_is_explained_and_then_healed(ran: Ran) -> None:
    explained = "\n".join(ran.figures("explain")["explanation"])
    assert "Exam.attempts is a relationship that is not loaded" in explained
    assert "fix: add .options(selectinload(Exam.attempts))" in explained
    assert str(ran.folder) not in explained
    healed = ran.figures("heal")
    assert (healed["green"], len(healed["healed"]), healed["left"]) == (True, 1, [])
    assert "selectinload(Exam.attempts)" in (ran.folder / "exams-async/api/services/attempt_service.py").read_text()


def test_the_load_was_measured_on_both(ran: Ran) -> None:
    load = ran.figures("load")
    assert [(one["version"], one["step"]) for one in load["measurements"]] == [
        ("before", "2 users"),
        ("after", "2 users"),
    ]
    assert all(one["throughput"] > 0 for one in load["measurements"])
    assert any("One round tells nothing" in note for note in ran.steps["load"]["notes"])


def test_the_seconds_add_up(ran: Ran) -> None:
    seconds = sum(one["seconds"] for one in ran.found["steps"])
    assert 0 < seconds <= ran.found["seconds"] < seconds + 10


def test_the_report_holds_every_part(ran: Ran) -> None:
    page = ran.html.read_text()
    assert ran.found["report"] == str(ran.html)
    for one in ran.found["steps"]:
        assert one["title"].replace("'", "&#39;") in page
    for words in ("greenshift</span> demo", "What was checked", "Where the time went", "selectinload", "2 users"):
        assert words in page
    assert not re.search(r"postgresql(\+\w+)?://[^:/\s]+:(?!\*)[^@\s]+@", page)


def test_what_is_printed_where_there_is_no_terminal(ran: Ran) -> None:
    assert "\x1b" not in ran.said
    assert "10/10 What both bear under load ..." in ran.said
    assert "10 of 10 steps done in" in ran.said
    assert f"report: {ran.html}" in ran.said
    assert "reduced: only these tests run" in ran.said
    for one in ran.found["steps"]:
        assert one["words"] in ran.said


def test_the_folder_shows_what_was_changed(ran: Ran) -> None:
    assert contents(ran.folder / "exams") == contents(EXAMPLE)
    shifted = ran.folder / "exams-async"
    git = ["git", "-C", str(shifted)]
    status = subprocess.run([*git, "status", "--porcelain"], check=True, capture_output=True, text=True).stdout
    assert " M api/services/db_service.py" in status
    assert "__pycache__" not in status
    log = subprocess.run([*git, "log", "--format=%an %s"], check=True, capture_output=True, text=True).stdout
    assert log == "greenshift demo The application, sync\n"


def test_nothing_is_left_and_the_checkout_is_as_it_was(ran: Ran) -> None:
    assert at_work_in(ran.folder) == []
    assert contents(EXAMPLE) == ran.example_before
    assert not (PROJECT / "report.html").exists()

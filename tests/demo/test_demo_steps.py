"""Steps that fail, that are left out, and that are asked for."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from greenshift.demo.display import Display
from greenshift.demo.errors import DemoError, StepError
from greenshift.demo.ground import QUICK, WHOLE, Ground
from greenshift.demo.page import page_of
from greenshift.demo.reduced import what_is_reduced
from greenshift.demo.running import chosen_steps, run_steps
from greenshift.demo.step import Found, Result, State, Step, Tell
from greenshift.demo.steps import STEPS
from greenshift.report.html import render_page


def good(ground: Ground, tell: Tell) -> Found:
    tell("half of it")
    return Found("41 of 42", ("a note",), {"count": 41})


def refused(ground: Ground, tell: Tell) -> Found:
    raise StepError("it does not start", "start it", ("the last line of its log",))


def broken(ground: Ground, tell: Tell) -> Found:
    raise ValueError("first line\nsecond line")


def unproved(ground: Ground, tell: Tell) -> Found:
    return Found("differs", data={"differences": 2}, problem="verify says: differs", fix="look at it")


def run(ground: Ground, *steps: Step) -> tuple[list[Result], str]:
    stream = io.StringIO()
    with Display(stream, len(steps)) as display:
        results = list(run_steps(ground, steps, display))
    return results, stream.getvalue()


def test_a_step_that_fails_is_told_and_the_others_go_on(ground: Ground) -> None:
    results, said = run(
        ground,
        Step("a", "First", "do a", refused),
        Step("b", "Second", "do b", good, ("a",)),
        Step("c", "Third", "do c", good),
    )
    assert [one.state for one in results] == [State.FAILED, State.LEFT_OUT, State.DONE]
    assert "error: it does not start\n      fix: start it\n" in said
    assert "| the last line of its log" in said
    assert "it needs: First" in said
    assert said.count("41 of 42") == 1
    assert results[1].as_dict()["figures"] == {}
    assert results[1].as_dict()["words"] == ""


def test_what_ran_but_came_out_badly_is_no_reason_to_stop(ground: Ground) -> None:
    results, said = run(ground, Step("a", "First", "a", unproved), Step("b", "Second", "b", good, ("a",)))
    assert [one.state for one in results] == [State.FAILED, State.DONE]
    assert results[0].as_dict()["figures"] == {"differences": 2}
    assert "error: verify says: differs" in said


def test_a_fault_of_our_own_is_one_line(ground: Ground) -> None:
    results, said = run(ground, Step("a", "First", "a", broken))
    assert results[0].problem == "ValueError: first line"
    assert "Traceback" not in said
    assert "second line" not in said


def test_passwords_are_not_printed(ground: Ground) -> None:
    def leak(ground: Ground, tell: Tell) -> Found:
        return Found("at postgresql://u:geheim@localhost/db")

    _, said = run(ground, Step("a", "First", "a", leak))
    assert "geheim" not in said
    assert "at postgresql://" in said


def test_the_page_of_steps_that_failed(ground: Ground) -> None:
    results, _ = run(
        ground,
        Step("a", "First", "do a", refused),
        Step("b", "Second", "do b", good, ("a",)),
        Step("c", "Third", "do c", good),
    )
    page = page_of(results, QUICK, "a machine", 3.0)
    assert [one.outcome for one in page.verdicts] == ["bad", "unsure", "good"]
    assert [section.title for section in page.sections] == ["The run", "Third"]
    text = render_page(page)
    assert "1 of 3" in text
    assert text.count("it does not start") == 1


def test_what_ends_with_the_demo_ends_also_when_nobody_asks_for_more(ground: Ground) -> None:
    ended = []

    def start(ground: Ground, tell: Tell) -> Found:
        ground.resources.callback(ended.append, "server")
        return Found("started")

    steps = [Step("a", "First", "a", start), Step("b", "Second", "b", good)]
    with Display(io.StringIO(), 2) as display:
        running = run_steps(ground, steps, display)
        next(running)
        assert ended == []
        running.close()
    assert ended == ["server"]


def test_a_chosen_step_brings_what_it_needs() -> None:
    assert [one.name for one in chosen_steps(STEPS, ["heal"])] == ["server", "shift", "explain", "heal"]
    assert chosen_steps(STEPS, []) == list(STEPS)
    with pytest.raises(DemoError, match="there is no such step"):
        chosen_steps(STEPS, ["heel"])


def test_each_step_needs_what_comes_before_it() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.needs) <= seen
        seen.add(step.name)


def test_only_what_ran_is_said_to_be_reduced() -> None:
    assert what_is_reduced(WHOLE, ["check"]) == ()
    assert len(what_is_reduced(WHOLE, [one.name for one in STEPS])) == 3
    assert what_is_reduced(QUICK, ["tests"])[0].startswith("only these tests run")


def test_tests_of_the_example_that_fail(ground: Ground, tmp_path: Path) -> None:
    test = ground.before / "tests/services/test_question_service.py"
    test.write_text("def test_good(db):\n    pass\n\n\ndef test_bad(db):\n    raise AssertionError('on purpose')\n")
    results, said = run(ground, *chosen_steps(STEPS, ["tests"]))
    assert [one.state for one in results] == [State.DONE, State.FAILED]
    assert results[1].found is not None
    assert results[1].found.data["passed"] == results[1].found.data["failed"] == 1
    assert "1 passed, 1 failed on psycopg" in said
    assert "FAILED tests/services/test_question_service.py::test_bad" in said


def test_tests_that_cannot_be_run(ground: Ground) -> None:
    (ground.before / "tests/conftest.py").write_text("import no_such_module\n")
    results, said = run(ground, *chosen_steps(STEPS, ["tests"]))
    assert results[1].problem == "pytest ran no test"
    assert "no_such_module" in said

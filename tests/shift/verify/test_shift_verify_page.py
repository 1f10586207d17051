"""The page of a verdict."""

from dataclasses import replace
from pathlib import Path

import pytest
from report.markup import parsed
from report.pages_of_parts import VERDICT, verify_page

from greenshift.report.html import render_page
from greenshift.report.page import Comparison, Grid, Outcome, Page, Plot, Text
from greenshift.shift.verify.page import page_of
from greenshift.shift.verify.verdict import Answer, Difference, RunSummary, Sighting, Verdict, WalkSummary

FOLDER = Path("/srv/shop")


def section(page: Page, start: str) -> tuple:
    (found,) = [one.blocks for one in page.sections if one.title.startswith(start)]
    return found


@pytest.mark.parametrize(
    ("answer", "outcome"), [("proved", Outcome.GOOD), ("differs", Outcome.BAD), ("cannot tell", Outcome.UNSURE)]
)
def test_the_verdict_comes_first(answer: Answer, outcome: Outcome) -> None:
    page = page_of(Verdict(answer), FOLDER)
    assert (page.verdicts[0].answer, page.verdicts[0].outcome) == (answer, outcome)
    # Where nothing ran, nothing is good.
    assert {one.outcome for one in page.verdicts[1:]} == {Outcome.UNSURE}
    assert page.title == "shop"
    parsed(render_page(page))


def test_each_part_is_answered_for_itself() -> None:
    page = verify_page()
    assert [(one.outcome, one.answer) for one in page.verdicts[1:]] == [
        (Outcome.BAD, "no: 1 difference"),
        (Outcome.BAD, "no: 3 differences"),
        (Outcome.BAD, "no: 1 difference"),
    ]
    run = RunSummary({"passed": 3}, 5)
    page = page_of(Verdict("proved", before=run, after=run, walk=WalkSummary(9, 3, 3)), FOLDER)
    assert [one.answer for one in page.verdicts] == ["proved", "yes", "yes", "yes"]
    assert page.verdicts[3].because == "9 requests to each side, 3 of 3 operations answered"


def test_sql_is_shown_before_and_after_once_for_all_tests_that_saw_it() -> None:
    changed, extra = section(verify_page(), "The SQL that changed (3)")
    assert changed == Comparison(
        # The label that Query makes up would hide what differs.
        "SELECT orders.id FROM orders ORDER BY orders.id",
        "SELECT orders.id FROM orders ORDER BY orders.id DESC",
        title="tests/test_orders.py::test_list and 1 more: another statement is sent",
        before_note="app/a.py:3",
        after_note="app/a.py:4",
    )
    assert (extra.before, extra.after) == (None, "SELECT 1")
    root = parsed(render_page(verify_page()))
    assert " DESC" in [one.text for one in root.all("mark")]


def test_tests_answers_and_what_means_the_same() -> None:
    page = verify_page()
    (tests,) = section(page, "Tests that come out differently")
    assert isinstance(tests, Grid)
    assert tests.rows == (
        (
            "tests/test_orders.py::test_total",
            "outcome",
            "passed before, failed after",
            "passed",
            "failed: MissingGreenlet\napp/service.py:9 in orders",
        ),
    )
    (answer,) = section(page, "The answers that changed (1)")
    assert answer.title == "GET /orders?least=0: another answer"
    _, equal = section(page, "Differences that mean the same")
    assert isinstance(equal, Plot)
    assert dict(zip(equal.categories, equal.series[0].y, strict=True)) == VERDICT.recognised
    (remarks,) = section(page, "Remarks")
    assert remarks == Text((*VERDICT.remarks, "not walked: 1 operation that asks who is there"), bullets=True)
    assert page.data == VERDICT.as_dict()


def test_the_runs_are_side_by_side() -> None:
    _, outcomes, _ = section(verify_page(), "The two runs")
    assert outcomes.categories == ("passed", "failed")
    assert [(one.name, one.y) for one in outcomes.series] == [("before", (40, 2)), ("after", (39, 3))]


def test_more_than_anyone_reads_is_counted() -> None:
    differences = tuple(
        Difference("extra statement", f"t{one:04}", "m", None, Sighting(f"SELECT {one}")) for one in range(400)
    )
    *shown, more = section(page_of(replace(VERDICT, differences=differences), FOLDER), "The SQL that changed (400)")
    assert len(shown) == 150
    assert more.lines[0].startswith("And 250 more")

"""The page of a shift."""

from pathlib import Path

import pytest
from report.markup import parsed
from report.pages_of_parts import write_application

from greenshift.patch import Change, ChangeSet
from greenshift.report.html import render_page
from greenshift.report.page import Code, Figure, Figures, Grid, Outcome, Page, Plot
from greenshift.shift.api import Plan, plan_shift
from greenshift.shift.page import page_of


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_shift(write_application(tmp_path_factory.mktemp("shift") / "shop"))


def blocks(page: Page, kind: type) -> list:
    return [block for section in page.sections for block in section.blocks if isinstance(block, kind)]


def test_every_file_has_its_difference(plan: Plan) -> None:
    page = page_of(plan, written=False)
    differences = blocks(page, Code)
    assert "".join(one.text for one in differences) == plan.changes.difference()
    assert all(one.folded and one.language == "diff" for one in differences)
    assert any(one.title == "app/database.py  +3 -4" for one in differences), [one.title for one in differences]
    root = parsed(render_page(page))
    added = [one.text for one in root.all("span", of="added")]
    assert any("create_async_engine(" in line for line in added)
    (figures,) = blocks(page, Figures)
    assert Figure("lines added", str(len(added))) in figures.figures


def test_native_and_bridged_calls_are_counted(plan: Plan) -> None:
    assert (plan.native, plan.bridged) != (0, 0)
    page = page_of(plan, written=True)
    calls = next(plot for plot in blocks(page, Plot) if plot.title == "Database calls")
    assert calls.series[0].y == (plan.native, plan.bridged, plan.unchanged)
    verdict = next(one for one in page.verdicts if "natively" in one.title)
    total = plan.native + plan.bridged + plan.unchanged
    assert verdict.answer == f"{plan.native} of {total} ({100 * plan.native / total:.0f} %)"
    assert "rollback" in page.verdicts[0].because
    assert page.data["written"] is True


def test_what_is_bridged_works_and_what_blocks_is_to_be_looked_at(plan: Plan) -> None:
    page = page_of(plan, written=False)
    sections = {section.title: section for section in page.sections}
    (looked_at,) = sections["What a person should look at"].blocks
    assert isinstance(looked_at, Grid)
    assert ("app/service.py:10", "blocking") in {row[:2] for row in looked_at.rows}
    (bridged,) = next(section for title, section in sections.items() if "run_sync" in title).blocks
    assert isinstance(bridged, Grid)
    assert {row[1] for row in bridged.rows} == {"bridged"}
    assert len(looked_at.rows) + len(bridged.rows) == len(plan.left)
    assert page.verdicts[-1].outcome is Outcome.UNSURE


def test_differences_that_are_too_long_are_named(tmp_path: Path) -> None:
    old = b"".join(b"a = %d\n" % one for one in range(40_000))
    changes = [Change("a.py", b"a = 1\n", b"a = 2\n"), Change("data.py", old, old.replace(b"a", b"b"))]
    page = page_of(Plan(tmp_path, [], ChangeSet(tmp_path, changes)), written=False)
    (shown,) = blocks(page, Code)
    assert shown.title == "a.py  +1 -1"
    (hidden,) = blocks(page, Grid)
    assert hidden.rows == (("data.py", "40,000", "40,000"),)


def test_nothing_to_change(tmp_path: Path) -> None:
    page = page_of(Plan(tmp_path, [], ChangeSet(tmp_path, [])), written=False)
    assert [(one.outcome, one.answer) for one in page.verdicts] == [
        (Outcome.GOOD, "nothing to change"),
        (Outcome.GOOD, "none"),
    ]
    parsed(render_page(page))

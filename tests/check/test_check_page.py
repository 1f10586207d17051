"""The page of a check."""

from dataclasses import replace
from pathlib import Path

from report.markup import parsed
from report.pages_of_parts import FINDINGS, check_page

from greenshift.check.api import run_check
from greenshift.check.page import page_of
from greenshift.check.wanted import Wanted
from greenshift.masking import mask
from greenshift.report.findings import Report
from greenshift.report.html import render_page
from greenshift.report.page import Grid, Item, Outcome, Page

SOURCE = """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://app:s3cret@db/shop",
    poolclass=QueuePool,
    pool_pre_ping=True,
)
"""


def titles(page: Page) -> list[str]:
    return [section.title for section in page.sections]


def section(page: Page, title: str) -> tuple:
    (found,) = [one.blocks for one in page.sections if one.title == title]
    return found


def test_a_finding_of_a_real_check_has_its_lines_and_its_fix(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "db.py").write_text(SOURCE)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    checked = run_check(Wanted(directory=tmp_path, select=["GS101"], cache=False))
    page = page_of(checked.report, checked.base)
    (item,) = section(page, "Errors (1)")
    assert isinstance(item, Item)
    assert item.outcome is Outcome.BAD
    assert item.where == "GS101  app/db.py:6:5"
    assert item.code is not None
    assert (item.code.first_line, item.code.marked) == (4, (6,))
    assert item.code.text.splitlines()[2] == "    poolclass=QueuePool,"
    assert dict(item.facts)["fix"].startswith("leave poolclass out")
    assert dict(item.facts)["source"].startswith("https://docs.sqlalchemy.org/")
    root = parsed(render_page(page))
    # The lines around it hold a password.
    assert "s3cret" not in render_page(page)
    assert root.all("span", of="marked")[0].text == "    poolclass=QueuePool,\n"
    assert [(one.title, one.answer) for one in page.verdicts] == [("errors", "1 found"), ("warnings", "none")]


def test_a_file_that_is_gone_shows_the_line_that_was_seen(tmp_path: Path) -> None:
    (item,) = section(page_of(FINDINGS, tmp_path), "Errors (1)")
    assert (item.code.first_line, item.code.marked) == (4, (4,))
    assert item.code.text == mask(FINDINGS.findings[0].line_text)
    # What is no file has no lines.
    assert [one.code for one in section(page_of(FINDINGS, tmp_path), "Warnings (1)")] == [None]


def test_drift_notes_and_what_is_left_out() -> None:
    page = check_page()
    (drift,) = section(page, "Engines (engine)")
    assert isinstance(drift, Grid)
    assert drift.outcomes == (Outcome.UNSURE, Outcome.NEUTRAL, Outcome.NEUTRAL)
    assert "What could not be told" in titles(page)
    (left_out,) = section(page, "Left out (2)")
    assert [row[3:] for row in left_out.rows] == [("comment", "one user"), ("baseline", "")]
    assert page.verdicts[-1].answer == "1 by comments, 1 by the baseline"
    folded = [one.title for one in page.sections if one.folded]
    assert folded == ["Left out (2)", f"Rules that were asked ({len(FINDINGS.rules)})"]


def test_the_rules_that_were_broken_say_why() -> None:
    items = section(check_page(), "Why, and what to do")
    broken = {one.rule for one in FINDINGS.findings}
    assert [one.where for one in items] == [rule.id for rule in FINDINGS.rules if rule.id in broken]
    assert all(dict(one.facts)["why"] for one in items)


def test_no_finding_is_good(tmp_path: Path) -> None:
    page = page_of(Report((), FINDINGS.rules, summary={"files": 3}), tmp_path)
    assert [(one.outcome, one.answer) for one in page.verdicts] == [(Outcome.GOOD, "none"), (Outcome.GOOD, "none")]
    assert titles(page) == ["What was checked", f"Rules that were asked ({len(FINDINGS.rules)})"]
    parsed(render_page(page))


def test_plots_come_with_many_findings(tmp_path: Path) -> None:
    finding = FINDINGS.findings[0]
    many = tuple(replace(finding, rule=f"GS{number}") for number in range(101, 105))
    page = page_of(replace(FINDINGS, findings=many), tmp_path)
    (plot,) = section(page, "Where the findings are")
    assert plot.title == "Findings by rule"
    assert sum(plot.series[0].y) == 4

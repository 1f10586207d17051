"""``--db-report-html``: a run as a page, with workers, failures, guards and bad file names."""

import json

import pytest
from report.markup import Element, parsed
from report.pages_of_parts import COSTS, RUN, run_page
from testing.conftest import Project

from greenshift.report.html import render_page
from greenshift.report.page import Code, Item, Outcome, Page
from greenshift.report.page_json import page_as_json
from greenshift.testing.page import page_of
from greenshift.testing.report import Report
from greenshift.testing.run_record import RunRecord, TestRun

TESTS = """
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from shop.models import Customer, Order
from shop.services import count_orders

@pytest.mark.parametrize("number", range(5))
def test_one(number, db_session):
    db_session.add(Customer(name="anna"))
    db_session.commit()

@pytest.mark.db
def test_no_sql():
    pass

async def test_explained(async_db_session):
    async_db_session.add(Customer(name="<b>anna</b>"))
    await async_db_session.commit()
    customer = (await async_db_session.scalars(select(Customer))).one()
    customer.orders

@pytest.mark.db(n_plus_one="warn")
def test_many(db_session):
    for number in range(12):
        db_session.add(Customer(name=str(number), orders=[Order(item="i")]))
    db_session.commit()
    db_session.expire_all()
    assert count_orders(db_session) == 12

def test_skipped():
    pytest.skip("later")

@pytest.mark.xfail
def test_expected():
    assert 0
"""
SERVICES = """
from sqlalchemy import select
from shop.models import Customer

def count_orders(session):
    return sum(len(customer.orders) for customer in session.scalars(select(Customer)))
"""


def read(project: Project, name: str = "run.html") -> Element:
    return parsed((project.pytester.path / name).read_text())


def section(page: Page, start: str) -> tuple:
    (found,) = [one.blocks for one in page.sections if one.title.startswith(start)]
    return found


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "workers"])
def test_a_run(project: Project, workers: tuple[str, ...]) -> None:
    project.write("shop/services.py", SERVICES)
    project.write("test_broken.py", "import shop.nothing\n")
    options = ("--db-report-html", "run.html", "--continue-on-collection-errors", *workers)
    result = project.check(TESTS, *options, passed=7, failed=1, errors=2, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["page: run.html"])
    root = read(project)
    verdicts = [one.text for one in root.all("p", of="answer")]
    assert verdicts[0] == "6 passed, 1 failed, 2 errors, 1 skipped, 1 xfailed"
    assert verdicts[1:3] == ["1 of 3", "1 warning"]
    items = root.all("article", of="item")
    by_test = {one.all("span", of="where")[0].text: one for one in items}
    assert set(by_test) == {
        "test_shop.py::test_explained",
        "test_shop.py::test_no_sql (teardown)",
        "test_shop.py::test_many",
        "test_broken.py (collect)",
    }
    explained = by_test["test_shop.py::test_explained"].whole_text()
    assert "MissingGreenlet" in explained
    assert "greenshift explains" in explained
    assert "this database test sent no SQL" in by_test["test_shop.py::test_no_sql (teardown)"].whole_text()
    # Each worker says so, and it is shown once.
    assert "No module named 'shop.nothing'" in by_test["test_broken.py (collect)"].whole_text()
    assert "N+1" in by_test["test_shop.py::test_many"].whole_text()
    figures = {one.all("dt")[0].text: one.all("dd")[0].text for one in root.all("div", of="figure")}
    assert figures["database tests"] == "8"
    assert ("workers" in figures) == bool(workers)
    tables = {table.parent.parent.parent.attributes.get("id", ""): table for table in root.all("table")}
    rows = [[cell.text for cell in row.all("td")] for row in tables["section-5"].all("tr")[1:]]
    assert len(rows) == 11
    statements = {row[1]: row[4] for row in rows}
    assert int(statements["test_shop.py::test_one[0]"]) > 0
    assert statements["test_shop.py::test_skipped"] == ""
    assert len(root.all("svg", of="wide")) == 5


def test_a_file_that_cannot_be_written_is_said_before_the_tests(project: Project) -> None:
    project.write("test_shop.py", "def test_one(db_session):\n    raise AssertionError\n")
    result = project.run("--db-report-html", "missing/run.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*greenshift: missing/run.html cannot be written: there is no folder *", "*fix: *"])
    assert "AssertionError" not in result.stdout.str()


def test_the_page_of_a_record() -> None:
    page = run_page()
    assert [one.outcome for one in page.verdicts] == [
        Outcome.BAD,
        Outcome.NEUTRAL,
        Outcome.UNSURE,
        Outcome.NEUTRAL,
    ]
    failed, leaked = section(page, "What failed (2)")
    assert isinstance(failed, Item)
    assert (failed.label, failed.where) == ("failed", "tests/test_pay.py::test_pay")
    assert failed.facts[0][0] == "greenshift explains"
    assert (leaked.label, leaked.where) == ("error", "tests/test_pay.py::test_leak (teardown)")
    database = section(page, "The database")
    assert ("server", "PostgreSQL 18 (embedded)") in database[0].rows
    assert ("databases cloned anew", "1") in database[0].rows
    assert [one.text for one in database if isinstance(one, Code)] == ["\n".join(COSTS.kept)]
    data = json.loads(page_as_json(page))["data"]
    assert data["outcomes"] == {"passed": 30, "failed": 1, "error": 1, "skipped": 1}
    assert len(data["tests"]) == len(RUN.tests)


def test_times_are_counted_in_bins() -> None:
    plots = [block for block in section(run_page(), "The run")[1:] if block.title == "What isolation costs a test"]
    assert dict(zip(plots[0].categories, plots[0].series[0].y, strict=True)) == {"<1": 2, "<2": 5, "<5": 15, "<10": 8}


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (RunRecord(), "no test ran"),
        (RunRecord({"a": TestRun("a", "passed")}, interrupted="KeyboardInterrupt"), "interrupted: 1 passed"),
        (RunRecord({"a": TestRun("a")}), "1 not finished"),
    ],
)
def test_a_run_without_an_end(run: RunRecord, words: str) -> None:
    page = page_of(run, Report(), title="shop", configuration="")
    assert page.verdicts[0].answer == words
    parsed(render_page(page))

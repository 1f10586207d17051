"""What the parts found, and the pages that they make of it: as real runs have it, in small."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from load.comparison.load_samples import driven, inside, load_of
from report.findings_to_show import KNOWN, LIVE, PING, POOL, POOLED, SILENT
from report.pages_to_show import load_page

from greenshift.check.page import page_of as check_page_of
from greenshift.load.comparison.judging import judged
from greenshift.load.comparison.targets import parse_target
from greenshift.load.reporting.page import page_of as load_page_of
from greenshift.load.results import Measurement, Moment, VersionFacts
from greenshift.load.step import Step
from greenshift.report.findings import Report, Suppressed, Table
from greenshift.report.page import Page
from greenshift.shift.api import plan_shift
from greenshift.shift.page import page_of as shift_page_of
from greenshift.shift.scan.inventory import scan
from greenshift.shift.scan.page import page_of as scan_page_of
from greenshift.shift.verify.page import page_of as verify_page_of
from greenshift.shift.verify.verdict import CallSite, Difference, RunSummary, Sighting, Verdict, WalkSummary
from greenshift.testing.page import page_of as run_page_of
from greenshift.testing.report import Report as Costs
from greenshift.testing.report import TestCost
from greenshift.testing.run_record import Failure, RunRecord, TestRun

APPLICATION = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["sqlalchemy>=2", "psycopg2-binary"]\n',
    "app/__init__.py": "",
    "app/models.py": (
        "from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column\n\n\n"
        "class Base(DeclarativeBase):\n    pass\n\n\n"
        'class Order(Base):\n    __tablename__ = "orders"\n    id: Mapped[int] = mapped_column(primary_key=True)\n'
        "    total: Mapped[int]\n"
    ),
    "app/database.py": (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.orm import sessionmaker\n\n"
        'engine = create_engine("postgresql+psycopg2://app@localhost/shop")\nSessionLocal = sessionmaker(engine)\n'
    ),
    "app/service.py": (
        "import time\n\nfrom sqlalchemy.orm import Session\n\nfrom app.models import Order\n\n\n"
        "def orders(session: Session, least: int) -> list[Order]:\n    time.sleep(0.1)\n"
        "    return session.query(Order).filter(Order.total > least).all()\n\n\n"
        "class Report:\n    def __init__(self, session: Session) -> None:\n"
        "        self.count = session.query(Order).count()\n\n\n"
        "def report(session: Session) -> int:\n    return Report(session).count\n"
    ),
}

VERDICT = Verdict(
    "differs",
    (
        Difference("outcome", "tests/test_orders.py::test_total", "passed before, failed after", Sighting("passed"),
                   Sighting("failed: MissingGreenlet", CallSite("app/service.py", 9, "orders"))),
        Difference("changed statement", "tests/test_orders.py::test_list", "another statement is sent",
                   Sighting("SELECT orders.id AS orders_id FROM orders ORDER BY orders.id", CallSite("app/a.py", 3)),
                   Sighting("SELECT orders.id FROM orders ORDER BY orders.id DESC", CallSite("app/a.py", 4))),
        Difference("changed statement", "tests/test_orders.py::test_list_again", "another statement is sent",
                   Sighting("SELECT orders.id AS orders_id FROM orders ORDER BY orders.id", CallSite("app/a.py", 3)),
                   Sighting("SELECT orders.id FROM orders ORDER BY orders.id DESC", CallSite("app/a.py", 4))),
        Difference("extra statement", "tests/test_orders.py::test_list", "a statement was not sent before", None,
                   Sighting("SELECT 1")),
        Difference("response", "GET /orders?least=0", "another answer", Sighting('200 [{"id": 1}]'),
                   Sighting('500 {"detail": "Internal Server Error"}')),
    ),
    look_at=("tests that went well before and do not now: 1, first tests/test_orders.py::test_total",),
    recognised={"eager loading in place of lazy loading": 12, "refresh in place of reloading": 3},
    remarks=("2 failed before already, and are not compared: tests/test_old.py::test_a",),
    before=RunSummary({"passed": 40, "failed": 2}, 811, ("psycopg2",), 4.2),
    after=RunSummary({"passed": 39, "failed": 3}, 763, ("asyncpg",), 3.9),
    walk=WalkSummary(60, 12, 11, 2.5, ("1 operation that asks who is there",)),
)  # fmt: skip

FINDINGS = Report(
    (POOLED, LIVE),
    (POOL, PING, SILENT),
    (
        Table("Engines (engine)", ("setting", "auth", "backend", ""), (("pool_size", "5", "20", "differs"),
              ("pool_recycle", "1800", "1800", ""), ("application_name", "auth", "backend", "differs, as it may"))),
    ),
    ("app/x.py: the URL is not known",),
    {"files": 3, "engines": 1, "session_factories": 1, "seconds": 0.25},
    (Suppressed(KNOWN, "comment", "one user"), Suppressed(KNOWN, "baseline")),
)  # fmt: skip

RUN = RunRecord(
    {
        **{
            f"tests/test_orders.py::test_number[{one}]": TestRun(
                f"tests/test_orders.py::test_number[{one}]", "passed", 0.004 * (one + 1)
            )
            for one in range(30)
        },
        "tests/test_pay.py::test_pay": TestRun(
            "tests/test_pay.py::test_pay",
            "failed",
            0.31,
            [
                Failure(
                    "call",
                    "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called",
                    "def test_pay():\n>       assert order.lines\nE       MissingGreenlet\n",
                    (
                        (
                            "greenshift explains",
                            "`Order.lines` is loaded when it is read\n  fix: selectinload(Order.lines)",
                        ),
                    ),
                )
            ],
        ),
        "tests/test_pay.py::test_leak": TestRun(
            "tests/test_pay.py::test_leak",
            "error",
            0.02,
            [Failure("teardown", "Failed: this test left a connection open", "this test left a connection open")],
        ),
        "tests/test_pay.py::test_later": TestRun("tests/test_pay.py::test_later", "skipped", 0.0),
    },
    [("tests/test_orders.py::test_number[3]", "N+1: 12 statements, one for each Order\n  at app/service.py:10")],
    {"gw0", "gw1"},
    seconds=1.9,
)

COSTS = Costs(
    "PostgreSQL 18 (embedded)",
    0.61,
    1.2,
    [
        TestCost(f"tests/test_orders.py::test_number[{one}]", 3 + one, 0.001 * (one + 1), 0.0006 + 0.0002 * one)
        for one in range(30)
    ],
    ["tests/test_orders.py::test_number[7]: the test changed the schema"],
    ["psql postgresql://app@localhost/kept   # tests/test_pay.py::test_pay"],
    ["durability is off"],
)


def write_application(folder: Path) -> Path:
    """Write the sync application into a folder, and return the folder."""
    for name, text in APPLICATION.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def verify_page() -> Page:
    return verify_page_of(VERDICT, Path("/srv/shop"))


def check_page() -> Page:
    return check_page_of(FINDINGS, Path("/srv/shop"))


def run_page() -> Page:
    return run_page_of(RUN, COSTS, title="shop", configuration="A test run with asyncpg, isolated by rewind")


def measured_page() -> Page:
    """The page of `greenshift load`, of measurements as three rounds of four steps have them."""
    steps = [Step(users=users, seconds=10) for users in (1, 10, 50, 100)]
    measurements = []
    for number in (1, 2, 3):
        for step in steps:
            users = step.users or 1
            moments = tuple(
                Moment(0.2 * at, 0.002 + 0.001 * (at % 5) * users / 50, min(15, users), max(0, users - 15), 12, 0, 0.6)
                for at in range(50)
            )
            for label, most in (("before", 320.0), ("after", 830.0)):
                throughput = most * users / (users + 12) + 5 * number
                found = driven(step, throughput, users / throughput, errors=users == 100 and label == "before")
                measurements.append(Measurement(label, number, step, found, inside(over_time=moments)))
    versions = (
        VersionFacts("before", "v1.4", "Python 3.11", False, 0),
        VersionFacts("after", "main", "Python 3.11", True, 3),
    )
    found = {"versions": versions, "warnings": ("The pools differ.",), "delay": 0.005}
    load = load_of(measurements, steps, rounds=3, **found)
    return load_page_of(judged(load, [parse_target("throughput>500@50"), parse_target("without-blocking@100")]))


@cache
def pages_of_parts() -> dict[str, Page]:
    """Return a page of each kind; those of the shift are of a real application."""
    with TemporaryDirectory() as name:
        folder = write_application(Path(name) / "shop")
        scanned, planned = scan_page_of(scan(folder)), shift_page_of(plan_shift(folder), written=False)
    return {
        "scan": scanned,
        "shift": planned,
        "verify": verify_page(),
        "check": check_page(),
        "test": run_page(),
        "load": measured_page(),
        "plots": load_page(),
    }

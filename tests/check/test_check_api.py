"""``check``: the one public entry."""

from pathlib import Path

import pytest

from greenshift.check.api import check
from greenshift.check.errors import CheckError
from greenshift.check.rules.pool.async_pool_class import AsyncPoolClass
from greenshift.report.findings import Severity

BAD = """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine("postgresql+asyncpg://db/shop", poolclass=QueuePool)
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "setup.cfg").write_text("")
    (tmp_path / "db.py").write_text(BAD)
    monkeypatch.setenv("GREENSHIFT_CACHE_DIRECTORY", str(tmp_path / ".cache"))
    return tmp_path


def test_a_report(shop: Path) -> None:
    report = check([shop], select=["pool"])
    (finding,) = (one for one in report.findings if one.rule == "GS101")
    assert finding.place.line == 4
    assert finding.line_text.startswith("engine = create_async_engine(")
    assert {rule.id[:3] for rule in report.rules} == {"GS1"}
    assert report.summary["files"] == report.summary["engines"] == 1


def test_a_second_run_finds_the_same(shop: Path) -> None:
    first, second = (check([shop], severity="advice") for _ in range(2))
    assert first.findings == second.findings
    assert {**first.summary, "seconds": 0} == {**second.summary, "seconds": 0}
    (shop / "db.py").write_text(f"\n{BAD}")
    assert {one.place.line for one in check([shop], select=["GS101"]).findings} == {5}


def test_a_comment_that_comes_later_counts_though_the_finding_is_kept(shop: Path) -> None:
    check([shop], select=["GS101"])
    (shop / "db.py").write_text(BAD.rstrip() + "  # greenshift: ignore[GS101] one day\n")
    report = check([shop], select=["GS101"])
    assert report.findings == ()
    ((ignored),) = report.suppressed
    assert (ignored.by, ignored.reason) == ("comment", "one day")


def test_in_tests_only_errors_are_found(shop: Path) -> None:
    (shop / "tests").mkdir()
    (shop / "db.py").rename(shop / "tests" / "test_db.py")
    report = check([shop], severity="advice")
    assert {one.severity for one in report.findings} <= {Severity.ERROR}
    assert "GS101" in {one.rule for one in report.findings}


def test_a_comment_about_a_line_that_is_right(shop: Path) -> None:
    (shop / "db.py").write_text(BAD.replace(", poolclass=QueuePool)", ")  # greenshift: ignore[GS101] as before"))
    (finding,) = check([shop], select=["checker"], severity="advice").findings
    assert finding.rule == "GS003"


def test_two_projects_are_two_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("auth", "web"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "setup.cfg").write_text("")
        (tmp_path / name / "db.py").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    report = check(["auth", "web"], select=["GS101"])
    assert [one.place.file for one in report.findings] == ["auth/db.py", "web/db.py"]
    assert {edit.place.file for one in report.findings for edit in one.edits} == {"auth/db.py", "web/db.py"}
    assert report.summary["files"] == 2


def test_a_rule_that_fails_is_one_line_with_the_way_around_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("no\nsuch thing at postgresql://app:s3cret@db")

    monkeypatch.setattr(AsyncPoolClass, "engine", fail)
    with pytest.raises(CheckError) as raised:
        check([shop])
    assert raised.value.problem == "the rule GS101 failed: RuntimeError: no such thing at postgresql://app:***@db"
    assert raised.value.fix.endswith("--ignore GS101")
    check([shop], ignore=["GS101"])

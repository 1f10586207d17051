"""``pytest --db-check``: the source is checked once a run, and each finding is a failed test."""

from xml.etree.ElementTree import parse

import pytest

BAD = """
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine("postgresql+asyncpg://app:s3cret@db/shop", poolclass=QueuePool)
"""
PYPROJECT = """
[tool.greenshift.check]
select = ["GS101", "GS003"]
{extra}

[tool.pytest.ini_options]
addopts = "-p no:randomly -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest"
"""
ID = "greenshift check::GS101 app/db.py"


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.path.joinpath("pyproject.toml").write_text(PYPROJECT.format(extra=""))
    pytester.mkpydir("app")
    pytester.path.joinpath("app", "db.py").write_text(BAD)
    pytester.makepyfile(test_shop="def test_one():\n    assert True\n\ndef test_two():\n    assert True\n")
    return pytester


@pytest.mark.parametrize("arguments", [(), ("-n", "2")])
def test_a_finding_fails_the_run_once(shop: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    result = shop.runpytest_subprocess("--db-check", "-rA", *arguments)
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "app/db.py:5:*: error: Pool class QueuePool cannot be used with asyncio engine*",
            "fix: leave poolclass out*",
            "*= greenshift check =*",
            "1 error (*",
            f"FAILED {ID}*",
        ]
    )
    output = result.stdout.str()
    assert "s3cret" not in output
    assert output.count(f"FAILED {ID}") == 1


def test_without_the_option_nothing_is_checked(shop: pytest.Pytester) -> None:
    result = shop.runpytest_subprocess()
    result.assert_outcomes(passed=2)
    result.stdout.no_fnmatch_line("*greenshift check*")


def test_no_findings_are_said(shop: pytest.Pytester) -> None:
    shop.path.joinpath("app", "db.py").write_text(BAD.replace(", poolclass=QueuePool", ""))
    result = shop.runpytest_subprocess("--db-check")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*= greenshift check =*", "no findings (*"])


def test_findings_fail_a_run_without_tests(shop: pytest.Pytester) -> None:
    shop.path.joinpath("test_shop.py").unlink()
    result = shop.runpytest_subprocess("--db-check")
    result.assert_outcomes(failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_findings_are_told_though_the_run_stops_at_the_first_failure(shop: pytest.Pytester) -> None:
    shop.path.joinpath("test_shop.py").write_text("def test_one():\n    assert False\n\ndef test_two():\n    pass\n")
    result = shop.runpytest_subprocess("--db-check", "-x", "-rA")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([f"FAILED {ID}*"])


def test_two_findings_have_two_names_in_junit_xml(shop: pytest.Pytester) -> None:
    shop.path.joinpath("app", "db.py").write_text(f"{BAD}\nother = {BAD.split('engine = ')[1]}")
    shop.runpytest_subprocess("--db-check", "--junitxml=out.xml").assert_outcomes(passed=2, failed=2)
    cases = parse(shop.path / "out.xml").iter("testcase")
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert len(set(failed)) == 2


def test_an_unusable_configuration_is_a_usage_error(shop: pytest.Pytester) -> None:
    shop.path.joinpath("pyproject.toml").write_text(PYPROJECT.format(extra="worker = 3"))
    result = shop.runpytest_subprocess("--db-check")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*unknown key 'worker'", "*fix: did you mean 'workers'?"])

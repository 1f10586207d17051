"""The pytest plugin: hooks only. What they do is in the modules beside this one."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from greenshift.errors import GreenshiftError


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the ``--db-...`` options."""
    from greenshift.config import DRIVERS, ISOLATIONS, PROVIDERS

    group = parser.getgroup("greenshift", "a real PostgreSQL for every test")
    group.addoption("--db-url", metavar="URL", help="use this server; databases of others on it are not touched")
    group.addoption("--db-isolation", metavar="MODE", help=f"one of: {', '.join(ISOLATIONS)}")
    group.addoption("--db-driver", metavar="DRIVER", help=f"one of: {', '.join(DRIVERS)}")
    group.addoption("--db-server", metavar="PROVIDER", help=f"one of: {', '.join(PROVIDERS)}")
    group.addoption("--db-rebuild", action="store_true", help="build the template anew, though a finished one exists")
    group.addoption("--db-keep-failed", action="store_true", help="keep the database of each failed test")
    group.addoption("--db-report", action="store_true", help="print what isolation cost and the slowest tests by SQL")
    group.addoption("--db-report-html", metavar="FILE", help="write a page about the run to this HTML file")
    group.addoption("--db-check", action="store_true", help="fail of what greenshift check finds in the source")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Give the application its database URL before a conftest can import it."""
    from greenshift.testing import session

    _usage_errors(session.prepare, early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the fixtures."""
    config.addinivalue_line(
        "markers",
        "db(isolation=None, keep=False, no_queries_ok=False, n_plus_one=None, blocking=None): this test uses the "
        "database; isolation is rewind, rollback or clone; keep leaves its data behind; n_plus_one and blocking "
        "are error, warn or off",
    )
    from greenshift.testing import session

    _usage_errors(session.configure, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Drop what was made and stop an owned server."""
    from greenshift.testing import session

    session.finish(config)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the database before the first test, so that a broken schema ends the run with one clear error."""
    from greenshift.testing import session as run

    _usage_errors(run.collected, session)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page, once all tests are over and all workers have sent their figures."""
    from greenshift.testing import session as run

    run.write_page(session.config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    """Check the source, if that is wanted; what it finds is reported after the tests."""
    from greenshift.testing import checking

    if not checking.is_wanted(session.config):
        return (yield)
    _usage_errors(checking.check_source, session)
    try:
        return (yield)
    finally:
        checking.report_findings(session)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test begins."""
    from greenshift.testing import session

    session.begin(item)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """The body of a test begins."""
    from greenshift.testing import session

    session.body_begins(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """The last of a test: after its fixtures are gone the database is made clean, and what it did wrong is said."""
    from greenshift.testing import session

    try:
        result = yield
    except BaseException as error:
        for problem in session.end(item):
            error.add_note(problem)
        raise
    problems = session.end(item)
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Learn which fixture opens connections, and which event loops tests run in."""
    from greenshift.testing import session

    with session.fixture_is_set_up(fixturedef, request):
        value = yield
    if isinstance(value, asyncio.Runner | asyncio.AbstractEventLoop):
        session.loop_made(request.config, value)
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Remember how a test went, since the database of a failed one may be wanted."""
    from greenshift.testing import session

    report = yield
    session.went(item, report, call)
    return report


def pytest_exception_interact(node: pytest.Item | pytest.Collector, call: Any, report: Any) -> None:
    """Explain why a module could not be imported."""
    from greenshift.testing import session

    if isinstance(node, pytest.Collector) and call.excinfo is not None:
        session.not_collected(node, report, call.excinfo.value)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the reports."""
    from greenshift.testing import checking, session

    session.write_report(terminalreporter, config)
    checking.write_summary(terminalreporter, config)


def _usage_errors(function: Any, argument: Any) -> None:
    try:
        function(argument)
    except GreenshiftError as error:
        raise pytest.UsageError(f"greenshift: {error.problem}\n  fix: {error.fix}") from None

"""What the plugin's hooks do, from the first look at the command line to the report."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from greenshift.config import Config, load_config
from greenshift.errors import ConfigurationError, GreenshiftError
from greenshift.testing import workers
from greenshift.testing.record import TestRecord
from greenshift.testing.running import SUITE_KEY
from greenshift.testing.suite import Options, Suite, open_suite_server

_RECORD_KEY = pytest.StashKey[TestRecord]()
_DATABASE_FIXTURES = frozenset(
    {
        "async_db_engine",
        "async_db_session",
        "async_db_session_factory",
        "db",
        "db_engine",
        "db_session",
        "db_session_factory",
    }
)
_SESSION_FIXTURES = frozenset({"async_db_session", "db_session"})
_NO_TESTS_RUN = ("collectonly", "help", "version", "showfixtures", "show_fixtures_per_test", "markers")


def prepare(config: pytest.Config) -> None:
    """Make this process's suite and, where the project is configured, open it.

    Raises:
        GreenshiftError: the configuration is wrong or no server can be had.
    """
    arguments = config.known_args_namespace
    project = load_config(config.rootpath).overridden(
        url=arguments.db_url,
        isolation=arguments.db_isolation,
        driver=arguments.db_driver,
        server=arguments.db_server,
    )
    worker = workers.worker_name()
    options = Options(
        rebuild=arguments.db_rebuild and worker in {"main", "gw0"},
        keep_failed=arguments.db_keep_failed,
        worker=worker,
    )
    suite = Suite(project, options, server=workers.inherited_server())
    config.stash[SUITE_KEY] = suite
    is_wanted = project.configured or project.url is not None
    if not is_wanted or any(getattr(arguments, name, False) for name in _NO_TESTS_RUN):
        return
    if workers.is_controller(arguments):
        workers.hand_over(open_suite_server(project, options, None))
    else:
        suite.open()


def configure(config: pytest.Config) -> None:
    """Register the fixtures, and the part that speaks with xdist where xdist is there."""
    if SUITE_KEY not in config.stash:  # the plugin was loaded too late for the first hook (by a conftest)
        prepare(config)
    from greenshift.testing import fixture_plugin

    config.pluginmanager.register(fixture_plugin, "greenshift-fixtures")
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(workers.XdistPart(config.stash[SUITE_KEY].report), "greenshift-xdist")


def finish(config: pytest.Config) -> None:
    """End this process's share of the run."""
    suite = config.stash.get(SUITE_KEY, None)
    if suite is not None:
        suite.close()
    workers.end_handed_over()


def collected(session: pytest.Session) -> None:
    """Build the template and the database where a collected test says that it uses them.

    Raises:
        GreenshiftError: the template cannot be built.
    """
    suite = session.config.stash[SUITE_KEY]
    if workers.is_controller(session.config.option) or session.config.option.collectonly:
        return
    if any(_is_explicit(item) for item in session.items):
        try:
            suite.database()
        except GreenshiftError:
            if not workers.is_worker():
                raise
            # A worker cannot end the run; each test that needs the database fails with the error instead.


def begin(item: pytest.Item) -> None:
    """A test's set-up begins."""
    suite = item.config.stash[SUITE_KEY]
    test = _record(item, suite.config)
    item.stash[_RECORD_KEY] = test
    try:
        suite.begin(test)
    except GreenshiftError as error:
        pytest.fail(str(error), pytrace=False)


def body_begins(item: pytest.Item) -> None:
    """A test's body begins."""
    item.config.stash[SUITE_KEY].body_begins(item.stash[_RECORD_KEY])


def end(item: pytest.Item) -> list[str]:
    """A test's fixtures are gone. Returns what the test did wrong."""
    test = item.stash.get(_RECORD_KEY, None)
    if test is None:
        return []
    try:
        return item.config.stash[SUITE_KEY].end(test)
    except GreenshiftError as error:
        return [str(error)]


def went(item: pytest.Item, report: pytest.TestReport) -> None:
    """A phase of a test ended in this way."""
    test = item.stash.get(_RECORD_KEY, None)
    if test is not None:
        test.failed = test.failed or report.failed
        test.skipped = test.skipped or report.skipped


@contextmanager
def fixture_is_set_up(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
    """Note the scope of the fixture that is being set up, and let anyio run ``async_client`` where it runs the test."""
    suite = request.config.stash[SUITE_KEY]
    scopes = suite.fixture_scopes
    scopes.append(fixturedef.scope)
    original = fixturedef.func
    if fixturedef.argname == "async_client" and "anyio_backend" in request.fixturenames:
        from greenshift.testing import async_client

        if original is _function_of(async_client.async_client):
            fixturedef.func = async_client.async_client_under_anyio  # type: ignore[misc]
    try:
        yield
    finally:
        scopes.pop()
        fixturedef.func = original  # type: ignore[misc]


def loop_made(config: pytest.Config, runner: asyncio.Runner) -> None:
    """A test plugin made a runner for its tests."""
    config.stash[SUITE_KEY].loops.add_test_loop(runner.get_loop())


def write_report(terminal: Any, config: pytest.Config) -> None:
    """Print what must be said at the end, and the figures when asked."""
    suite = config.stash.get(SUITE_KEY, None)
    if suite is not None:
        suite.report.write(terminal, full=config.option.db_report)


def _function_of(fixture: Any) -> Any:
    return getattr(fixture, "_get_wrapped_function", lambda: fixture)()


def _is_explicit(item: pytest.Item) -> bool:
    names = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("db") is not None or not names.isdisjoint(_DATABASE_FIXTURES)


def _record(item: pytest.Item, config: Config) -> TestRecord:
    marker = item.get_closest_marker("db")
    arguments = dict(marker.kwargs) if marker is not None else {}
    isolation = arguments.pop("isolation", None) or config.isolation
    keep = bool(arguments.pop("keep", False))
    no_queries_ok = bool(arguments.pop("no_queries_ok", False))
    if arguments or (marker is not None and marker.args):
        unknown = ", ".join(arguments) or "positional arguments"
        error = ConfigurationError(
            f"the db marker of {item.nodeid} has something unknown: {unknown}",
            "it takes isolation=, keep= and no_queries_ok=",
        )
        pytest.fail(str(error), pytrace=False)
    try:
        config.overridden(isolation=isolation)
    except ConfigurationError as error:
        pytest.fail(f"{item.nodeid}: {error}", pytrace=False)
    own_arguments = set(getattr(getattr(item, "_fixtureinfo", None), "argnames", ()))
    says_so = marker is not None or not own_arguments.isdisjoint(_SESSION_FIXTURES)
    return TestRecord(
        item.nodeid,
        isolation,
        explicit=_is_explicit(item),
        must_query=says_so and not no_queries_ok,
        keep=keep,
    )

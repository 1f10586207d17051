"""What the plugin's hooks do, from the first look at the command line to the report."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from greenshift.config import load_config
from greenshift.errors import ConfigurationError, GreenshiftError
from greenshift.testing import workers
from greenshift.testing.guard_warning import GuardWarning
from greenshift.testing.report import Report
from greenshift.testing.running import PROJECT_KEY, Options, current_suite, suite_if_any
from greenshift.testing.set_up_fixture import SetUpFixture, WideFixtureWarning

if TYPE_CHECKING:
    from greenshift.config import Config
    from greenshift.postgres import Server
    from greenshift.testing.record import TestRecord
    from greenshift.testing.run_record import RunRecord
    from greenshift.testing.suite import Suite

_RECORD_KEY = pytest.StashKey["TestRecord"]()
_SERVER_KEY: pytest.StashKey[Server] = pytest.StashKey()
_RUN_KEY: pytest.StashKey[RunRecord] = pytest.StashKey()
_PAGE_KEY = pytest.StashKey[str]()
_GATHERED_KEY = pytest.StashKey[Report]()
_FIXTURE_MODULE = "greenshift.testing.fixtures"
_SESSION_FIXTURES = frozenset({"async_db_session", "db_session"})
_DATABASE_FIXTURES = _SESSION_FIXTURES | {
    "async_db_engine",
    "async_db_session_factory",
    "db",
    "db_engine",
    "db_session_factory",
}
_NOTHING_IMPORTED = ("help", "version")


def prepare(config: pytest.Config) -> None:
    """Read the configuration and, where the project has one, open the server and set its variables.

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
    options = Options(
        rebuild=arguments.db_rebuild,
        keep_failed=arguments.db_keep_failed,
        worker=workers.worker_name(),
        run=workers.run_identifier(),
        distributes=workers.distributes(arguments),
    )
    config.stash[PROJECT_KEY] = project, options
    if arguments.db_report_html and not workers.is_worker():
        from greenshift.report.html import check_page_file

        check_page_file(Path(arguments.db_report_html))
    is_wanted = project.configured or project.url is not None
    if not is_wanted or any(getattr(arguments, name, False) for name in _NOTHING_IMPORTED):
        return
    if options.distributes and not project.is_sqlite:
        _prepare_controller(config, project, options)
    elif project.is_sqlite or workers.is_worker():
        current_suite(config).open()
        if options.distributes:
            workers.hand_over(None, options.run, current_suite(config).environment.replaced_targets)
    else:
        from greenshift.testing.server import OpeningServer

        current_suite(config, OpeningServer(project, options).result).open()


def _prepare_controller(config: pytest.Config, project: Config, options: Options) -> None:
    """Open the server that the workers share; a suite is needed only if a conftest imports the application."""
    from greenshift.postgres import database_name
    from greenshift.testing.drivers import require_driver
    from greenshift.testing.environment import Environment
    from greenshift.testing.server import open_suite_server
    from greenshift.testing.when_imported import when_imported

    require_driver(project.driver)
    environment = Environment(project.env, project.driver)
    environment.refuse_earlier_connections()
    server = open_suite_server(project, options, None)
    config.stash[_SERVER_KEY] = server
    name = database_name(options.run, options.worker)
    if project.isolation != "schema":
        environment.apply(environment.values(server.address, name))
    workers.hand_over(server, options.run, environment.replaced_targets)
    config.add_cleanup(environment.restore)

    def open_suite() -> None:
        current_suite(config, lambda: server, environment.replaced_targets).open()

    if project.isolation == "schema":
        open_suite()
    else:
        when_imported("sqlalchemy", open_suite)


def configure(config: pytest.Config) -> None:
    """Register the fixtures, and the part that speaks with xdist where xdist is there."""
    if PROJECT_KEY not in config.stash:  # loaded by a conftest, too late for the first hook
        prepare(config)
    from greenshift.testing import fixture_plugin

    config.pluginmanager.register(fixture_plugin, "greenshift-fixtures")
    suite = suite_if_any(config)
    config.stash[_GATHERED_KEY] = Report() if suite is None else suite.report
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(workers.XdistPart(config.stash[_GATHERED_KEY]), "greenshift-xdist")
    if config.option.db_report_html and not workers.is_worker():
        from greenshift.testing.run_record import RunRecord  # only a run that wants a page needs it

        config.stash[_RUN_KEY] = RunRecord()
        config.pluginmanager.register(config.stash[_RUN_KEY], "greenshift-run-record")


def finish(config: pytest.Config) -> None:
    """End this process's share of the run."""
    workers.take_back()
    suite = suite_if_any(config)
    if suite is not None:
        suite.close()
    server = config.stash.get(_SERVER_KEY, None)
    if server is not None:
        server.stop()


def collected(session: pytest.Session) -> None:
    """Build the template and the database where a collected test says that it uses them.

    Raises:
        GreenshiftError: the template cannot be built.
    """
    _, options = session.config.stash[PROJECT_KEY]
    if options.distributes or session.config.option.collectonly:
        return
    if any(_is_explicit(item) for item in session.items):
        try:
            current_suite(session.config).database()
        except GreenshiftError:
            if not workers.is_worker():
                raise
            # A worker cannot end the run; each test that needs the database fails with the error instead.


def begin(item: pytest.Item) -> None:
    """A test's set-up begins."""
    suite = _suite_of(item)
    if suite is None:
        return
    test = _record(item)
    item.stash[_RECORD_KEY] = test
    try:
        suite.begin(test)
    except GreenshiftError as error:
        pytest.fail(str(error), pytrace=False)


def body_begins(item: pytest.Item) -> None:
    """A test's body begins."""
    suite, test = suite_if_any(item.config), item.stash.get(_RECORD_KEY, None)
    if suite is not None and test is not None:
        suite.body_begins(test)


def end(item: pytest.Item) -> list[str]:
    """A test's fixtures are gone. Returns what the test did wrong."""
    suite, test = suite_if_any(item.config), item.stash.get(_RECORD_KEY, None)
    if suite is None or test is None:
        return []
    del item.stash[_RECORD_KEY]  # pytest keeps the item to the end of the run; its statements need not stay as well
    try:
        return suite.end(test)
    except GreenshiftError as error:
        return [str(error)]
    finally:
        for warning in test.warnings:
            item.warn(GuardWarning(warning))


def not_collected(collector: pytest.Collector, report: pytest.CollectReport, error: BaseException) -> None:
    """A module could not be imported."""
    suite = suite_if_any(collector.config)
    if suite is not None:
        report.sections += suite.explain(error)


def went(item: pytest.Item, report: pytest.TestReport, call: pytest.CallInfo[None]) -> None:
    """A phase of a test ended in this way."""
    suite, test = suite_if_any(item.config), item.stash.get(_RECORD_KEY, None)
    if suite is None or test is None:
        return
    test.failed = test.failed or report.failed
    test.skipped = test.skipped or report.skipped
    if report.failed and call.excinfo is not None:
        report.sections += suite.explain(call.excinfo.value)


@contextmanager
def fixture_is_set_up(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
    """Note the fixture's scope while it is set up, and let anyio run ``async_client`` in the loop of its tests."""
    suite = suite_if_any(request.config)
    if suite is None:
        yield
        return
    entered = SetUpFixture(fixturedef.argname, fixturedef.scope)
    suite.fixtures.append(entered)
    original = fixturedef.func
    if fixturedef.argname == "async_client" and "anyio_backend" in request.fixturenames:
        from greenshift.testing import async_client

        if original.__module__ == async_client.__name__:
            fixturedef.func = async_client.async_client_under_anyio  # type: ignore[misc]
    try:
        yield
    finally:
        suite.fixtures.pop()
        fixturedef.func = original  # type: ignore[misc]
    if entered.wrote:
        request.node.warn(WideFixtureWarning(entered.name, entered.scope))


def loop_made(config: pytest.Config, made: asyncio.Runner | asyncio.AbstractEventLoop) -> None:
    """A test plugin made a runner, or a loop, for its tests."""
    suite = suite_if_any(config)
    if suite is not None:
        suite.loops.add_test_loop(made.get_loop() if isinstance(made, asyncio.Runner) else made)


def write_report(terminal: Any, config: pytest.Config) -> None:
    """Print what must be said at the end, and the figures when asked."""
    _report_of(config).write(terminal, full=config.option.db_report)
    if _PAGE_KEY in config.stash:
        terminal.write_line(config.stash[_PAGE_KEY])


def write_page(config: pytest.Config) -> None:
    """Write the page that ``--db-report-html`` asks for; where that fails, the end of the run says so."""
    run = config.stash.get(_RUN_KEY, None)
    if run is None:
        return
    from greenshift.report.html import write_page as write
    from greenshift.testing.page import page_of

    run.end()
    project, _ = config.stash[PROJECT_KEY]
    file = Path(config.option.db_report_html)
    words = f"A test run with {project.driver}, isolated by {project.isolation}"
    try:
        write(page_of(run, _report_of(config), title=config.rootpath.name, configuration=words), file)
        config.stash[_PAGE_KEY] = f"page: {file}"
    except GreenshiftError as error:
        config.stash[_PAGE_KEY] = f"greenshift: {error}"


def _report_of(config: pytest.Config) -> Report:
    suite = suite_if_any(config)
    return suite.report if suite is not None else config.stash[_GATHERED_KEY]


def _suite_of(item: pytest.Item) -> Suite | None:
    return current_suite(item.config) if _is_explicit(item) else suite_if_any(item.config)


def _is_explicit(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    return item.get_closest_marker("db") is not None or _uses_ours(item, _DATABASE_FIXTURES.intersection(names))


def _uses_ours(item: pytest.Item, names: Iterable[str]) -> bool:
    """Whether one of these fixtures, as this test gets it, is ours: a project's own of the same name wins."""
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return any(definitions[name][-1].func.__module__ == _FIXTURE_MODULE for name in names if name in definitions)


def _record(item: pytest.Item) -> TestRecord:
    from greenshift.testing.record import TestRecord

    project, _ = item.config.stash[PROJECT_KEY]
    marker = item.get_closest_marker("db")
    arguments = dict(marker.kwargs) if marker is not None else {}
    isolation = arguments.pop("isolation", None) or project.isolation
    keep = bool(arguments.pop("keep", False))
    no_queries_ok = bool(arguments.pop("no_queries_ok", False))
    n_plus_one = arguments.pop("n_plus_one", None) or project.n_plus_one
    blocking = arguments.pop("blocking", None) or project.blocking
    try:
        if arguments or (marker is not None and marker.args):
            unknown = ", ".join(arguments) or "positional arguments"
            raise ConfigurationError(
                f"the db marker has something unknown: {unknown}",
                "it takes isolation=, keep=, no_queries_ok=, n_plus_one= and blocking=",
            )
        project.overridden(isolation=isolation, n_plus_one=n_plus_one, blocking=blocking)
    except ConfigurationError as error:
        pytest.fail(f"{item.nodeid}: {error}", pytrace=False)
    own_arguments = getattr(getattr(item, "_fixtureinfo", None), "argnames", ())
    says_so = marker is not None or _uses_ours(item, _SESSION_FIXTURES.intersection(own_arguments))
    return TestRecord(
        item.nodeid,
        isolation,
        explicit=_is_explicit(item),
        must_query=says_so and not no_queries_ok and not item.config.option.setuponly,
        keep=keep,
        n_plus_one=n_plus_one,
        blocking=blocking,
    )

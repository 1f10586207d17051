"""What the databases of a run stand on: a PostgreSQL server, or a folder of SQLite files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from greenshift.config import Config
from greenshift.errors import ConfigurationError
from greenshift.postgres import (
    ClonePool,
    RewindReport,
    Run,
    Server,
    Template,
    database_name,
    reap,
)
from greenshift.testing.definition import definition_for
from greenshift.testing.environment import Environment
from greenshift.testing.isolation import (
    CloneIsolation,
    Isolation,
    RewindIsolation,
    RollbackIsolation,
)
from greenshift.testing.report import Report
from greenshift.testing.running import Options
from greenshift.testing.server import Say, open_suite_server
from greenshift.testing.sqlite import SQLiteDatabase, SQLiteFolder, SQLiteTemplate
from greenshift.testing.watch import Watch


class SuiteDatabase(Protocol):
    """What every kind of database can do for a test run."""

    name: str
    before_reclone: list[Callable[[], None]]

    def url(self, driver: str | None = None) -> str:
        """Return its URL."""

    def connect(self) -> Any:
        """Open a connection of the driver's own."""

    def rewind(self, *, wait: float = 0.0) -> RewindReport:
        """Bring it back to the template's state."""

    def reclone(self) -> None:
        """Make it anew from the template."""

    def keep(self, name: str) -> str:
        """Put it aside and return the command that opens it."""

    def terminate(self, pids: Iterable[int]) -> None:
        """End sessions."""

    def drop(self) -> None:
        """Drop it for good."""


class Ground(ABC):
    """Where this process's database comes from.

    Args:
        config: the project's configuration, command-line options included.
        options: what else the command line said.
        environment: the application's variables.
        report: takes figures and notices.
        say: is told in a few words what takes long.

    Attributes:
        server: the server, once it is open; None on SQLite.
    """

    def __init__(self, config: Config, options: Options, environment: Environment, report: Report, say: Say) -> None:
        self.config = config
        self.options = options
        self.environment = environment
        self.report = report
        self.say = say
        self.server: Server | None = None

    @abstractmethod
    def open(self) -> str:
        """Make ready; return the name by which connections to this process's database are known."""

    def watch(self, name: str, *arguments: Any) -> Watch:
        """Return what follows the connections to the database of that name; further arguments as of ``Watch``."""
        return Watch(name, *arguments)

    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """Return the application's variables for this process's database."""

    @abstractmethod
    def make_database(self) -> SuiteDatabase:
        """Build the template unless it is there, and the database."""

    @abstractmethod
    def isolation(self, name: str) -> Isolation:
        """Return an isolation mode on the database.

        Raises:
            ConfigurationError: this mode cannot be had here.
        """

    @abstractmethod
    def close(self) -> None:
        """Drop what was made."""


class PostgresGround(Ground):
    """A database a process on a PostgreSQL server."""

    def __init__(
        self,
        config: Config,
        options: Options,
        environment: Environment,
        report: Report,
        say: Say,
        server: Callable[[], Server] | None,
    ) -> None:
        super().__init__(config, options, environment, report, say)
        self._given = server

    def open(self) -> str:
        self._server = self.server = (
            self._given() if self._given else open_suite_server(self.config, self.options, self.say)
        )
        self._run = Run.start(self._server, self.options.run)
        if self._server.start_seconds == 0 and self.options.worker in {"main", "gw0"}:
            self._reap()
        self.report.server = f"PostgreSQL {self._server.version // 10000} ({self._server.provider})"
        self.report.server_seconds = self._server.start_seconds
        if self._server.notice:
            self.report.notices.append(self._server.notice)
        self._name = database_name(self._run.id, self.options.worker)
        return self._name

    def _reap(self) -> None:
        reap(self._server)

    def variables(self) -> Mapping[str, str]:
        return self.environment.values(self._server.address, self._name)

    def make_database(self) -> SuiteDatabase:
        definition = definition_for(self.config, self.environment)
        template = Template.ensure(self._server, self._run, definition, rebuild=self.options.rebuild, say=self.say)
        if template.built:
            self.report.template_seconds = template.build_seconds
        if template.notice:
            self.report.notices.append(template.notice)
        self._database = template.clone(self._run, self.options.worker)
        return self._database

    def isolation(self, name: str) -> Isolation:
        if name == "rewind":
            return RewindIsolation(self._database, self.config.driver)
        if name == "clone":
            clones = ClonePool(self._database.template, self._run, size=2)
            return CloneIsolation(self._database, self.config.driver, clones)
        if name == "rollback":
            return RollbackIsolation(self._database)
        raise ConfigurationError(
            f"isolation {name!r} cannot be had for one test", "choose rewind, rollback or clone for this test"
        )

    def close(self) -> None:
        self._run.close()
        self._server.stop()


class SQLiteGround(Ground):
    """A file a process, in a folder that goes with the process."""

    def open(self) -> str:
        self._folder = SQLiteFolder.create()
        self._template: SQLiteTemplate | None = None
        self.report.server = "SQLite (quick mode)"
        return str(self._folder.file(self.options.worker))

    def variables(self) -> Mapping[str, str]:
        return self.environment.sqlite_values(self._folder.file(self.options.worker))

    def make_database(self) -> SQLiteDatabase:
        self._template = SQLiteTemplate.build(definition_for(self.config, self.environment), self._folder)
        self.report.template_seconds = self._template.build_seconds
        self._database = self._template.clone(self.options.worker)
        return self._database

    def isolation(self, name: str) -> Isolation:
        if name != "rewind":
            raise ConfigurationError(
                f"isolation {name!r} cannot be had on SQLite", "leave isolation out, or use PostgreSQL"
            )
        return RewindIsolation(self._database, "aiosqlite", "pysqlite")

    def close(self) -> None:
        if self._template is not None:
            self._template.close()
        self._folder.remove()

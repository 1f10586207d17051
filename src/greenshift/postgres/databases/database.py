"""One database cloned from a template: rewound, cloned anew, kept or dropped, always under the same URL."""

from __future__ import annotations

import contextlib
import shlex
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from greenshift.postgres.databases.backends import Backend, read_backends, terminate_backends
from greenshift.postgres.databases.dropping import drop_marked, roll_back_prepared
from greenshift.postgres.databases.keeper import Keeper
from greenshift.postgres.databases.marker import comment_statement, kept_name
from greenshift.postgres.databases.rewind import RewindReport, rewind_in_place
from greenshift.postgres.databases.run import Run
from greenshift.postgres.errors import DatabaseError
from greenshift.postgres.server import Server

if TYPE_CHECKING:
    from greenshift.postgres.databases.template import Template


class Database:
    """A database of this run's own, a clone of a template; made by ``Template.clone``.

    Attributes:
        name: its name, the same for its whole life.
        server: the server it is on.
        generation: how often it was cloned anew; connections of an older generation are dead.
        rewind_is_native: whether ``rewind`` works in place; False where every rewind is a reclone.
        before_reclone: called before the database is replaced, so that owners of connections let go of them.
    """

    def __init__(self, template: Template, run: Run, name: str, label: str) -> None:
        self.name = name
        self.label = label
        self.generation = 0
        self.before_reclone: list[Callable[[], None]] = []
        self.rewind_is_native = template.is_sealed
        self._template = template
        self._run = run
        self._keeper = Keeper(run.server.address, name)
        self._closed = False
        self._open()

    @property
    def server(self) -> Server:
        """The server it is on."""
        return self._run.server

    @property
    def template(self) -> Template:
        """What it is a clone of."""
        return self._template

    @property
    def keeper_pid(self) -> int | None:
        """The process number of the backend that serves its rewinds, or None while there is none."""
        return self._keeper.pid

    def url(self, driver: str | None = None) -> str:
        """Return its URL.

        Args:
            driver: SQLAlchemy's name of the driver (``asyncpg``, ``psycopg``...); None gives a URL for libpq.
        """
        return self.server.url(self.name, driver)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open an autocommit connection to it.

        Raises:
            psycopg.OperationalError: the server cannot be reached.
        """
        return self.server.connect(self.name)

    def rewind(self, *, wait: float = 0.0) -> RewindReport:
        """Bring it back to the template's state, whatever was committed to it.

        Sessions that are idle stay connected. Where rows and sequences are not all that changed (the schema did,
        for example), it is cloned anew.

        Args:
            wait: how long sessions that are still at work may take to finish, in seconds; then they are ended.

        Returns:
            what was found and done.

        Raises:
            DatabaseError: it could be neither rewound nor cloned anew.
        """
        started = time.perf_counter()
        report = RewindReport()
        reason = self._rewind(wait, report) if self.rewind_is_native else "this role may not rewind in place"
        if reason is not None:
            if not self.rewind_is_native:
                report.terminated += self._busy(wait)
            self.reclone()
            report.recloned = reason
        report.seconds = time.perf_counter() - started
        return report

    def reclone(self) -> None:
        """Drop it and clone it anew under the same name; whoever is connected is thrown out.

        Raises:
            DatabaseError: it could not be dropped, or the template is gone.
        """
        for let_go in list(self.before_reclone):
            let_go()
        self._keeper.close()
        self._run.drop(self.name)
        self._recreate()

    def replace_with(self, clone: Database) -> Database:
        """Take over a fresh clone's content under this name; the old content goes on under the clone's.

        Args:
            clone: a clone of the same template that nobody has used.

        Returns:
            the clone, which now holds the old content and is to be dropped.

        Raises:
            DatabaseError: somebody went on connecting to one of the two.
        """
        for let_go in list(self.before_reclone):
            let_go()
        self._keeper.close()
        clone._keeper.close()
        between = f"{clone.name}_x"
        self._run.adopt(between)
        with self.server.connect() as connection:
            _rename(self.server, connection, self.name, between)
            _rename(self.server, connection, clone.name, self.name)
            _rename(self.server, connection, between, clone.name)
        self._run.release(between)
        self.generation += 1
        return clone

    def keep(self, name: str) -> str:
        """Put it aside as it is now, so that it outlives the run, and go on with a fresh clone.

        An earlier one kept under the same name is dropped.

        Args:
            name: what to keep it as, such as the test's identifier.

        Returns:
            the command line that opens it with ``psql``.

        Raises:
            DatabaseError: it could not be put aside.
        """
        kept = kept_name(name)
        for let_go in list(self.before_reclone):
            let_go()
        with self.server.connect() as connection:
            drop_marked(self.server, connection, kept)
            pids = {backend.pid for backend in read_backends(connection, self.name)}
            terminate_backends(connection, pids - {self._keeper.pid})
            if self.rewind_is_native:
                # It is the user's now: what watches it would only be in the way.
                with contextlib.suppress(psycopg.Error):
                    self._keeper.unseal()
            self._keeper.close()
            _rename(self.server, connection, self.name, kept)
            marker = self._run.marker("kept", label=name, template=self._template.name)
            connection.execute(comment_statement(kept, marker))
        self._recreate()
        return psql_command(self.server, kept)

    def connections(self, include_own: bool = False) -> list[Backend]:
        """Return the sessions connected to it.

        Args:
            include_own: whether the one that serves its rewinds counts.
        """
        with self.server.connect() as connection:
            backends = read_backends(connection, self.name)
        return backends if include_own else [b for b in backends if b.pid != self._keeper.pid]

    def terminate(self, pids: Iterable[int]) -> None:
        """End sessions connected to it and wait until they are gone.

        Args:
            pids: the process numbers of their backends; others than this database's are left alone.

        Raises:
            DatabaseError: one did not end.
        """
        wanted = set(pids)
        with self.server.connect() as connection:
            here = {backend.pid for backend in read_backends(connection, self.name)}
            terminate_backends(connection, sorted(wanted & here))

    def drop(self) -> None:
        """Drop it for good, whoever is connected. Safe to call twice.

        Raises:
            DatabaseError: it cannot be dropped.
        """
        if self._closed:
            return
        self._closed = True
        self._keeper.close()
        self._run.drop(self.name)

    def close(self) -> None:
        """Let go of the server; the database stays until the run closes. Safe to call twice and in a forked child."""
        self._keeper.close()

    def _rewind(self, wait: float, report: RewindReport) -> str | None:
        environment = self._template.environment or ""
        connected = self._keeper.pid is not None
        try:
            try:
                return rewind_in_place(self._keeper, environment, wait, report, self.server.version)
            except psycopg.OperationalError:
                if not connected or self._keeper.pid is not None:
                    raise
                # Somebody ended the keeper's session; what it did was undone with it, so a new one starts over.
                return rewind_in_place(self._keeper, environment, wait, report, self.server.version)
        except psycopg.Error as error:
            return f"rewinding in place failed: {str(error).strip().splitlines()[0]}"

    def _busy(self, wait: float) -> list[Backend]:
        limit = time.monotonic() + wait
        while True:
            busy = [backend for backend in self.connections() if backend.in_transaction]
            if not busy or time.monotonic() >= limit:
                return busy
            time.sleep(0.005)

    def _recreate(self) -> None:
        self._template.copy_to(self._run, self.name, self.label)
        self.generation += 1
        self._open()

    def _open(self) -> None:
        # The same for every clone, so that only the first has to be asked before anybody can change it.
        if self.rewind_is_native and self._template.environment is None:
            self._template.environment = self._keeper.environment()


def _rename(server: Server, connection: psycopg.Connection[tuple[object, ...]], name: str, new: str) -> None:
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new))
    for attempt in range(3):
        terminate_backends(connection, [backend.pid for backend in read_backends(connection, name)])
        try:
            connection.execute(statement)
            return
        except psycopg.errors.ObjectInUse as error:
            if attempt == 2:
                raise DatabaseError(
                    f"{name} could not be renamed: {str(error).strip().splitlines()[0]}",
                    "stop what goes on connecting to it",
                ) from error
            roll_back_prepared(server, name)


def psql_command(server: Server, database: str) -> str:
    """Return the command line that opens a database with ``psql``; without passwords, which psql asks for."""
    address = server.address
    conninfo = {"host": address.host, "port": str(address.port), "user": address.user, "dbname": database}
    conninfo.update({name: value for name, value in address.parameters.items() if name != "sslpassword"})
    words = " ".join(f"{name}={_conninfo(value)}" for name, value in conninfo.items())
    return f"psql {shlex.quote(words)}"


def _conninfo(value: str) -> str:
    if value and not any(character in value for character in " '\\"):
        return value
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

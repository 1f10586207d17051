"""A schema of ours in a database of the user's: what a ``Database`` is, for roles that may not create databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import psycopg
from psycopg import sql

from greenshift.errors import GreenshiftError
from greenshift.postgres.databases.backends import Backend, terminate_backends
from greenshift.postgres.databases.database import psql_command
from greenshift.postgres.databases.marker import Marker, kept_name
from greenshift.postgres.databases.rewind import RewindReport
from greenshift.postgres.databases.template import TemplateSource, TemplateTarget
from greenshift.postgres.errors import DatabaseError, TemplateError
from greenshift.postgres.schemas.address import server_with_path
from greenshift.postgres.schemas.dropping import drop_marked_schema, read_schema_marker, schema_comment
from greenshift.postgres.schemas.keeper import SchemaKeeper
from greenshift.postgres.schemas.place import SchemaPlace
from greenshift.postgres.schemas.plan import SchemaPlan
from greenshift.postgres.schemas.rewind import rewind_schema, wait_for_sessions
from greenshift.postgres.schemas.sessions import own_sessions, read_sessions
from greenshift.postgres.server import Server


class SchemaDatabase:
    """A schema of this run's own, built from a template's source; used as if it were a database.

    Args:
        place: where it is to be.
        source: what it is built from.
        say: is told in a few words what is going on.

    Attributes:
        name: the schema's name, the same for its whole life.
        generation: how often it was built anew.
        before_reclone: called before it is built anew, so that owners of connections let go of them.
        build_seconds: how long the first build took.
        notice: one line that the user should see, or None.

    Raises:
        TemplateError: the build failed; ``__cause__`` is its own error. Nothing is left behind.
        ForeignDatabaseError: a schema of its name was not made by Greenshift.
    """

    rewind_is_native = True

    def __init__(self, place: SchemaPlace, source: TemplateSource, *, say: Callable[[str], None] | None = None) -> None:
        self.name = place.name
        self.label = place.label
        self.generation = 0
        self.before_reclone: list[Callable[[], None]] = []
        self.notice = place.notice
        self._place = place
        self._run = place.run
        self._source = source
        self._keeper = SchemaKeeper(place.run.server)
        self._closed = False
        if say is not None:
            say(f"building {source.label} in the schema {self.name}")
        started = time.perf_counter()
        self._plan = self._build()
        self.build_seconds = time.perf_counter() - started

    @property
    def server(self) -> Server:
        """The server it is on."""
        return self._run.server

    @property
    def database(self) -> str:
        """The name of the database that it lies in."""
        return self._place.database

    @property
    def search_path(self) -> str:
        """The search path by which it is found."""
        return self._place.search_path

    @property
    def keeper_pid(self) -> int | None:
        """The process number of the backend that serves its rewinds, or None while there is none."""
        return self._keeper.pid

    def url(self, driver: str | None = None) -> str:
        """Return its URL; it carries the search path for psycopg and psycopg2 only.

        Engines of other drivers get the search path from the pytest plugin when they connect; outside of this process
        they have to be told ``search_path`` in their own way.

        Args:
            driver: SQLAlchemy's name of the driver (``asyncpg``, ``psycopg``...); None gives a URL for libpq.
        """
        return self._place.address.url(self.database, driver)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open an autocommit connection that finds it.

        Raises:
            psycopg.OperationalError: the server cannot be reached.
        """
        return self._place.server.connect()

    def rewind(self, *, wait: float = 0.0) -> RewindReport:
        """Bring it back to the state in which it was built, whatever was committed to it.

        New rows are deleted and sequences set back. Where rows that it was built with were changed, or its tables
        were, it is dropped and built anew.

        Args:
            wait: how long sessions that hold locks in it may take to finish, in seconds; then they are ended.

        Returns:
            what was found and done.

        Raises:
            DatabaseError: it could be neither rewound nor built anew.
            TemplateError: building it anew failed.
        """
        started = time.perf_counter()
        report = RewindReport()
        reason = self._rewind(wait, report)
        if reason is not None:
            self.reclone()
            report.recloned = reason
        report.seconds = time.perf_counter() - started
        return report

    def reclone(self) -> None:
        """Drop it and build it anew under the same name; who holds locks in it is thrown out.

        Raises:
            DatabaseError: it could not be dropped.
            TemplateError: the build failed.
        """
        for let_go in list(self.before_reclone):
            let_go()
        self._plan = self._build()
        self.generation += 1

    def keep(self, name: str) -> str:
        """Put it aside as it is now, so that it outlives the run, and go on with one built anew.

        An earlier one kept under the same name is dropped.

        Args:
            name: what to keep it as, such as the test's identifier.

        Returns:
            the command line that opens it with ``psql``.

        Raises:
            DatabaseError: it could not be put aside.
            TemplateError: building the new one failed.
        """
        kept = kept_name(name)
        for let_go in list(self.before_reclone):
            let_go()
        connection = self._keeper.connection
        wait_for_sessions(connection, self.name, 0.0, RewindReport())
        drop_marked_schema(connection, kept)
        marker = self._run.marker("kept", label=name)
        rename = sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(self.name), sql.Identifier(kept))
        try:
            with connection.transaction():
                connection.execute(rename)
                connection.execute(schema_comment(kept, marker))
        except psycopg.Error as error:
            raise DatabaseError(
                f"{self.name} could not be kept: {_first_line(error)}", "see whether somebody uses it in pg_locks"
            ) from error
        self._plan = self._build()
        self.generation += 1
        path = self.search_path.replace(self.name, kept, 1)
        return psql_command(server_with_path(self.server, path), self.database)

    def connections(self, include_own: bool = False) -> list[Backend]:
        """Return the sessions of this role that hold locks in it at this moment; idle ones cannot be told apart.

        Args:
            include_own: makes no difference; the session that serves its rewinds holds no locks.
        """
        with self.server.connect() as connection:
            return read_sessions(connection, self.name)

    def terminate(self, pids: Iterable[int]) -> None:
        """End sessions and wait until they are gone.

        Args:
            pids: the process numbers of their backends; those of other databases and other roles are left alone.

        Raises:
            DatabaseError: one did not end.
        """
        wanted = set(pids) - {self._keeper.pid}
        if wanted:
            with self.server.connect() as connection:
                terminate_backends(connection, sorted(wanted & own_sessions(connection)))

    def drop(self) -> None:
        """Drop it for good. Safe to call twice.

        Raises:
            DatabaseError: it cannot be dropped.
        """
        if self._closed:
            return
        self._closed = True
        try:
            drop_marked_schema(self._keeper.connection, self.name)
        finally:
            self._keeper.close()

    def close(self) -> None:
        """Let go of the server; the schema stays. Safe to call twice and in a forked child."""
        self._keeper.close()

    def _rewind(self, wait: float, report: RewindReport) -> str | None:
        lost = self._keeper.pid is not None
        try:
            try:
                return rewind_schema(self._keeper.connection, self.name, self._plan, wait, report)
            except psycopg.OperationalError:
                if not lost or self._keeper.pid is not None:
                    raise
                # Somebody ended the keeper's session; what it did was undone with it, so a new one starts over.
                return rewind_schema(self._keeper.connection, self.name, self._plan, wait, report)
        except psycopg.Error as error:
            return f"rewinding in place failed: {_first_line(error)}"

    def _build(self) -> SchemaPlan:
        try:
            return self._built(self._keeper.connection)
        except psycopg.Error as error:
            raise TemplateError(
                f"the schema {self.name} could not be made: {_first_line(error)}",
                "check that this role may connect to the database and create schemas in it",
            ) from error

    def _built(self, connection: psycopg.Connection[tuple[object, ...]]) -> SchemaPlan:
        drop_marked_schema(connection, self.name)
        unfinished = self._run.marker("database", label=self.label, complete=False)
        try:
            with connection.transaction():
                # Both or neither, so that no end of this process leaves a schema without marker.
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(self.name)))
                connection.execute(schema_comment(self.name, unfinished))
        except psycopg.errors.InsufficientPrivilege as error:
            raise TemplateError(
                f"the schema {self.name} could not be made: {_first_line(error)}",
                f'let a superuser say: GRANT CREATE ON DATABASE "{self.database}" TO "{self.server.address.user}"',
            ) from error
        try:
            self._fill()
            finished = Marker("database", unfinished.run, unfinished.created, True, self.label)
            # An engine that the build forgot to dispose of may still be in a transaction.
            wait_for_sessions(connection, self.name, 0.0, RewindReport())
            connection.execute(schema_comment(self.name, finished))
            return SchemaPlan(connection, self.name)
        except BaseException:
            if read_schema_marker(connection, self.name)[0]:
                drop_marked_schema(connection, self.name)
            raise

    def _fill(self) -> None:
        try:
            self._source.build(TemplateTarget(self._place.server, self.database))
        except GreenshiftError:
            raise
        except Exception as error:
            raise TemplateError(
                f"building {self._source.label} in a schema failed: {type(error).__name__}: {_first_line(error)}",
                "correct what defines the schema or its seeds; nothing of this build was kept",
            ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

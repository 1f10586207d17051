"""Templates: a database built once from what defines it, from which any number is cloned in milliseconds."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql

from greenshift.errors import GreenshiftError
from greenshift.postgres.databases.backends import read_backends, terminate_backends
from greenshift.postgres.databases.database import Database
from greenshift.postgres.databases.dropping import drop_marked
from greenshift.postgres.databases.inheritance import DatabaseSettings, read_settings
from greenshift.postgres.databases.marker import (
    Marker,
    comment_statement,
    database_name,
    lock_key,
    read_marker,
    template_name,
)
from greenshift.postgres.databases.run import Run
from greenshift.postgres.errors import DatabaseError, TemplateError
from greenshift.postgres.sealing.seal import FORMAT, can_seal, seal
from greenshift.postgres.server import Server

Say = Callable[[str], None]
# Somebody is connected to the template, or another run just replaces it: both pass in a moment.
_PASSING = (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName, psycopg.errors.DuplicateDatabase)
ATTEMPTS = 20


class TemplateTarget:
    """The empty database that a template is built in.

    Args:
        server: the server it is on.
        name: its name.
    """

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name

    def url(self, driver: str | None = None) -> str:
        """Return its URL for a driver; None gives a URL for libpq."""
        return self.server.url(self.name, driver)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open an autocommit connection to it."""
        return self.server.connect(self.name)


@dataclass(frozen=True)
class TemplateSource:
    """What a template is made of.

    Args:
        fingerprint: a text that changes whenever the result would; equal ones share a template.
        build: fills the target; whatever it raises is the reason why there is no template.
        label: what it is built from, for messages, such as ``app.models:Base``.
    """

    fingerprint: str
    build: Callable[[TemplateTarget], None]
    label: str


class Template:
    """A finished template; made by ``Template.ensure``.

    Attributes:
        name: the database's name.
        built: whether this call built it (otherwise it was there).
        build_seconds: how long that took; 0 where it was there.
        is_sealed: whether its clones can be rewound in place.
        notice: one line that the user should see, or None.
        environment: what a fresh clone answers when asked for its settings, rights...; None as long as there is none.
    """

    def __init__(self, server: Server, name: str, *, sealed: bool, settings: DatabaseSettings) -> None:
        self.server = server
        self.name = name
        self.built = False
        self.build_seconds = 0.0
        self.is_sealed = sealed
        self.notice = (
            None
            if sealed
            else f"{server.address.user!r} is no superuser, so every rewind is a fresh clone and takes longer"
        )
        self.environment: str | None = None
        self._settings = settings

    @classmethod
    def ensure(
        cls, server: Server, run: Run, source: TemplateSource, *, rebuild: bool = False, say: Say | None = None
    ) -> Template:
        """Return the template of a source, built now unless it is there; once, however many processes ask.

        Args:
            server: the server to have it on.
            run: the run on whose behalf; a template that this run built is not built again.
            source: what it is made of.
            rebuild: build it even where it is there.
            say: is told in a few words what is going on.

        Raises:
            TemplateError: the build failed; ``__cause__`` is its own error. Nothing is left behind.
            ForeignDatabaseError: a database of the template's name was not made by Greenshift.
        """
        tell = say or (lambda _: None)
        try:
            with server.connect(application_name="greenshift template") as connection:
                sealed = can_seal(connection)
                seal_format = f"{server.version}|{FORMAT}|{'sealed' if sealed else 'plain'}"
                name = template_name(f"{source.fingerprint}|{seal_format}")
                if not rebuild and _is_complete(connection, name, None):
                    return cls(server, name, sealed=sealed, settings=read_settings(connection, name))
                key = lock_key(f"template {name}")
                if not _try_lock(connection, key):
                    tell(f"waiting for the template of {source.label}, which another process builds")
                    connection.execute("SELECT pg_catalog.pg_advisory_lock(%s)", (key,))
                # The lock ends with the connection.
                if _is_complete(connection, name, run.id if rebuild else None):
                    return cls(server, name, sealed=sealed, settings=read_settings(connection, name))
                tell(f"building the template of {source.label}")
                started = time.perf_counter()
                # An unfinished one goes, a foreign one is refused, before anything is built.
                if not _is_complete(connection, name, None):
                    drop_marked(server, connection, name)
                _build(server, connection, run, name, source, sealed)
                template = cls(server, name, sealed=sealed, settings=read_settings(connection, name))
        except psycopg.Error as error:
            raise TemplateError(
                f"the template of {source.label} could not be made: {_first_line(error)}",
                "check that this role may connect and create databases",
            ) from error
        template.built = True
        template.build_seconds = time.perf_counter() - started
        return template

    def clone(self, run: Run, label: str) -> Database:
        """Clone it.

        Args:
            run: the run that will own the clone; closing the run drops it.
            label: what it is for, such as the worker; the same label gives the same name, so one at a time.

        Raises:
            DatabaseError: it could not be cloned.
        """
        name = database_name(run.id, label)
        self.copy_to(run, name, label)
        return Database(self, run, name, label)

    def copy_to(self, run: Run, name: str, label: str) -> None:
        """Create a database as a copy of this template, marked and with the settings that copies do not get.

        Raises:
            DatabaseError: it could not be created.
        """
        run.adopt(name)
        strategy = " STRATEGY file_copy" if self.server.version >= 150000 else ""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + strategy).format(
            sql.Identifier(name), sql.Identifier(self.name)
        )
        marker = run.marker("database", label=label, template=self.name)
        statements = [create, comment_statement(name, marker), *self._settings.statements(name)]
        for attempt in range(1, ATTEMPTS + 1):
            try:
                run.execute(*statements)
                return
            except psycopg.Error as error:
                if attempt == ATTEMPTS or not isinstance(error, _PASSING):
                    raise DatabaseError(
                        f"the template could not be cloned: {_first_line(error)}",
                        "the template may have been dropped meanwhile, or be in use, or the disk be full; run again",
                    ) from error
                if isinstance(error, psycopg.errors.DuplicateDatabase):
                    run.drop(name)
                else:
                    time.sleep(0.05)

    def drop(self) -> None:
        """Drop the template; clones of it stay, but cannot be cloned anew."""
        with self.server.connect() as connection:
            drop_marked(self.server, connection, self.name)


def _is_complete(connection: psycopg.Connection[tuple[object, ...]], name: str, only_of_run: str | None) -> bool:
    _, marker = read_marker(connection, name)
    if marker is None or not marker.complete:
        return False
    return only_of_run is None or marker.run == only_of_run


def _try_lock(connection: psycopg.Connection[tuple[object, ...]], key: int) -> bool:
    row = connection.execute("SELECT pg_catalog.pg_try_advisory_lock(%s)", (key,)).fetchone()
    return row is not None and row[0] is True


def _build(
    server: Server,
    connection: psycopg.Connection[tuple[object, ...]],
    run: Run,
    name: str,
    source: TemplateSource,
    sealed: bool,
) -> None:
    # Under a name of its own, so that nobody clones a half-built one, and clones of an old one go on being made.
    building = f"{name}_{run.id}"
    drop_marked(server, connection, building)
    marker = run.marker("template", label=source.label, complete=False)
    run.execute(
        sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)),
        comment_statement(building, marker),
    )
    try:
        _fill(server, building, source)
        # An engine that the build forgot to dispose of would be in the way.
        _disconnect(connection, building)
        if sealed:
            seal(server, building)
            _disconnect(connection, building)
        drop_marked(server, connection, name)
        complete = Marker("template", run.id, marker.created, True, source.label)
        run.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(name)),
            sql.SQL("ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false").format(sql.Identifier(name)),
            comment_statement(name, complete),
        )
    except BaseException:
        # Also when the user interrupts. What cannot be dropped is not marked complete, and so is never used.
        with contextlib.suppress(psycopg.Error, GreenshiftError):
            drop_marked(server, connection, building)
        raise


def _disconnect(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    terminate_backends(connection, [backend.pid for backend in read_backends(connection, name)])


def _fill(server: Server, name: str, source: TemplateSource) -> None:
    try:
        source.build(TemplateTarget(server, name))
    except GreenshiftError:
        raise
    except Exception as error:
        raise TemplateError(
            f"building the template from {source.label} failed: {type(error).__name__}: {_first_line(error)}",
            "correct what defines the schema or its seeds; nothing of this build was kept",
        ) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__

"""Open a database in ``psql``, the terminal that comes with PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo

from greenshift.postgres.errors import ServerError, ServerProgramsError
from greenshift.postgres.server import Server
from greenshift.postgres.servers.account import Account
from greenshift.postgres.servers.binaries import Programs, embedded_programs


@dataclass(frozen=True)
class PsqlCommand:
    """A program to run in place of this one.

    Args:
        program: the path of ``psql``.
        arguments: all its arguments, its own name first.
        environment: its environment, which holds the password, so that no list of processes shows it.
    """

    program: Path
    arguments: Sequence[str]
    environment: Mapping[str, str]


def psql_command(server: Server, database: str | None, more: Sequence[str] = ()) -> PsqlCommand:
    """Return how to open a database of a server in ``psql``.

    Args:
        server: the server.
        database: the database's name; None for the maintenance database.
        more: further arguments for ``psql``, such as ``-c`` and a statement.

    Raises:
        ServerError: this machine has no ``psql``.
    """
    program = _find(server)
    arguments = server.address.connection_arguments(database or server.maintenance_database)
    password = arguments.pop("password", None)
    environment = dict(os.environ)
    if password is not None:
        environment["PGPASSWORD"] = str(password)
    conninfo = make_conninfo(**{name: str(value) for name, value in arguments.items()})
    return PsqlCommand(program, (str(program), "-d", conninfo, *more), environment)


def _find(server: Server) -> Path:
    programs = getattr(server, "programs", None)
    if isinstance(programs, Programs) and os.access(programs.path("psql"), os.X_OK):
        return programs.path("psql")
    found = shutil.which("psql")
    if found is not None:
        return Path(found)
    try:
        # psql runs as the present user, who can reach what the wheel holds.
        return embedded_programs(Account(os.geteuid(), os.getegid(), "")).path("psql")
    except ServerProgramsError:
        raise ServerError(
            "this machine has no psql", "install it with the system's packages (Debian: postgresql-client)"
        ) from None

"""A connection to a server, or one line on why there is none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from greenshift.check.errors import CheckError
from greenshift.check.server.address import ServerAddress
from greenshift.masking import mask

Connection = psycopg.Connection[tuple[Any, ...]]

# Seconds for one attempt; libpq takes no less than 2.
_CONNECT_SECONDS: Final = "5"
# Seconds for all that is asked: a pooler without a free connection lets clients wait for minutes.
PATIENCE: Final = 10.0

# A part of what the server or libpq says (servers may speak other languages: then the fix is the general one).
_FIXES: Final = (
    ("password authentication failed", "give the right user and password"),
    ("no password supplied", "give the password: in the URL, in PGPASSWORD or in ~/.pgpass"),
    ("SASL", "give the right user and password"),
    ("does not exist", "name a database and a role that exist"),
    ("no pg_hba.conf entry", "allow this user and address in pg_hba.conf, or ask from another machine"),
    ("too many clients", "the server is full: see pg_stat_activity for who holds its connections"),
    ("remaining connection slots", "the server is full: see pg_stat_activity for who holds its connections"),
    ("does not support SSL", "leave sslmode=require out, or switch the server's TLS on"),
    ("unsupported startup parameter", "leave that parameter out of the URL: PgBouncer refuses it"),
    ("received invalid response", "what listens there is no PostgreSQL: check host and port"),
    ("server closed the connection", "what listens there may be no PostgreSQL: check host and port"),
    ("could not translate host name", "check the host's name"),
    ("no answer within", "see whether a pooler in front of it is out of connections (SHOW POOLS)"),
    ("resolve host", "check the host's name"),
)
_GENERAL: Final = "check that the server runs, and the URL's host and port"


def connect(address: ServerAddress, **other: str) -> Connection:
    """Open a connection that is in no transaction and prepares no statements.

    Args:
        address: where to.
        other: arguments in place of the address's.

    Raises:
        psycopg.Error: it cannot be opened.
    """
    arguments = {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "greenshift check",
        **address.arguments,
        **other,
    }
    return psycopg.connect(**arguments, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]


@contextmanager
def deadline(connection: Connection, seconds: float = PATIENCE) -> Iterator[None]:
    """Hang up when the time of a block is over.

    Args:
        connection: what it is about.
        seconds: how long the block may take.

    Raises:
        psycopg.OperationalError: the time was over.
    """
    over = threading.Event()

    def hang_up() -> None:
        # PgBouncer cancels nothing for a client that waits for a connection.
        over.set()
        with socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as line:
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    except psycopg.Error as error:
        if not over.is_set():
            raise
        raise psycopg.OperationalError(f"no answer within {seconds:g} s") from error
    finally:
        timer.cancel()


def failure(address: ServerAddress, error: psycopg.Error) -> CheckError:
    """Return what a refused or lost connection means.

    Args:
        address: where to.
        error: what psycopg raised.
    """
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    # libpq says where it wanted to connect, the reason, and then perhaps a hint.
    reason = next((line for line in lines if "failed: " in line), lines[0] if lines else type(error).__name__)
    reason = reason.rpartition("failed: ")[2].removeprefix("FATAL:").removeprefix("ERROR:").strip()
    password = address.arguments.get("password")
    if password:
        reason = reason.replace(password, "***")
    fix = next((fix for part, fix in _FIXES if part in str(error)), _GENERAL)
    if not isinstance(error, psycopg.OperationalError):
        fix = "ask a PostgreSQL from 13 on: this server answers otherwise, or lets the user see too little"
    return CheckError(f"the server {address} cannot be asked: {mask(reason)}", fix)

"""A template made from SQL files."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg

from greenshift.definitions.extensions import extensions_created
from greenshift.definitions.failure import describe, shown
from greenshift.definitions.source import BuildTarget, Definition, SQLiteTarget, digest
from greenshift.definitions.sql_script import MetaCommand, Statement, split
from greenshift.errors import ConfigurationError
from greenshift.postgres.databases.template import TemplateTarget
from greenshift.postgres.errors import TemplateError

# pg_dump brackets its output in these since the releases of August 2025; they change nothing.
_HARMLESS = ("\\restrict", "\\unrestrict")
_OWNER_FIX = "create the dump with pg_dump --no-owner --no-privileges, or create the role first"


def from_sql(files: Sequence[Path]) -> Definition:
    """Define a template by SQL files, each run as psql would run it on a connection of its own.

    Several statements, dollar quotes, ``COPY ... FROM stdin`` with its rows and the ``\\restrict`` lines of pg_dump
    are understood; psql's other commands are not.

    Args:
        files: the files, in order.

    Raises:
        ConfigurationError: a file cannot be read or is not UTF-8.
    """
    scripts = [(path, _read(path)) for path in files]

    def build(target: BuildTarget) -> None:
        for path, script in scripts:
            if isinstance(target, SQLiteTarget):
                _run_on_sqlite(path, script, target)
            else:
                _run(path, script, target)

    return Definition(
        fingerprint=digest(["sql", *(script for _, script in scripts)]),
        build=build,
        label="sql " + ", ".join(shown(path) for path in files),
        extensions=extensions_created(script for _, script in scripts),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            f"the SQL file {shown(path)} cannot be read: {error.strerror}", "correct its name under 'sql' or 'seed'"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"the SQL file {shown(path)} is not UTF-8", "save it as UTF-8") from error


def _run(path: Path, script: str, target: TemplateTarget) -> None:
    with target.connect() as connection:
        connection.execute("SET synchronous_commit = off")
        for part in split(script):
            if isinstance(part, MetaCommand):
                _check_meta_command(part, path)
                continue
            try:
                _execute(connection, part)
            except psycopg.Error as error:
                raise _failure(path, part.line, error) from error
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            raise TemplateError(f"{shown(path)} ends inside a transaction", "add the COMMIT that its BEGIN needs")


def _execute(connection: psycopg.Connection, statement: Statement) -> None:
    # Bytes, because psycopg's own type asks for a literal string where text is given.
    query = statement.text.encode("utf-8")
    with connection.cursor() as cursor:
        if statement.data is None:
            cursor.execute(query)
        else:
            with cursor.copy(query) as copy:
                copy.write(statement.data.encode("utf-8"))


def _check_meta_command(command: MetaCommand, path: Path) -> None:
    name = command.text.split(maxsplit=1)[0]
    if name not in _HARMLESS:
        raise TemplateError(
            f"{shown(path)}:{command.line}: {name} is a command of psql, not SQL",
            "take it out (a dump made without --create has no \\connect; list included files under 'sql')",
        )


def _failure(path: Path, line: int, error: Exception) -> TemplateError:
    fix = "correct that statement; `greenshift psql` opens a database to try it in"
    if isinstance(error, psycopg.errors.UndefinedObject) and str(error).startswith("role "):
        fix = _OWNER_FIX
    return TemplateError(f"{shown(path)}:{line}: {describe(error)}", fix)


def _run_on_sqlite(path: Path, script: str, target: SQLiteTarget) -> None:
    with closing(sqlite3.connect(target.path)) as connection:
        pending, start = "", 1
        for number, line in enumerate(script.splitlines(keepends=True), start=1):
            if not pending.strip():
                pending, start = "", number
            pending += line
            if sqlite3.complete_statement(pending):
                _run_chunk(connection, pending, path, start)
                pending = ""
        _run_chunk(connection, pending, path, start)
        connection.commit()


def _run_chunk(connection: sqlite3.Connection, script: str, path: Path, line: int) -> None:
    try:
        connection.executescript(script)
    except sqlite3.Error as error:
        raise TemplateError(f"{shown(path)}:{line}: {describe(error)}", "correct that statement for SQLite") from error

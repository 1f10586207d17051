"""What fills the database: the version's migrations, and the commands and SQL files that the user names."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg

from greenshift.application.interpreter import Interpreter
from greenshift.config import Config
from greenshift.load.errors import LoadError, ServingError
from greenshift.masking import mask
from greenshift.postgres import Server

_LINES = 15


def fill(
    server: Server,
    database: str,
    *,
    folder: Path,
    config: Config,
    interpreter: Interpreter,
    variables: Mapping[str, str],
    prepare: Sequence[str],
) -> None:
    """Fill an empty database as a version would.

    Without ``prepare``: as ``[tool.greenshift]`` says (metadata, Alembic, SQL files or a function, and seeds), or by
    ``alembic.ini`` where the folder has one; otherwise the application makes its tables at its start.

    Args:
        server: the server.
        database: its name.
        folder: the version's folder, in which commands run.
        config: of the version.
        interpreter: runs ``python`` and ``alembic``.
        variables: lead to the database.
        prepare: commands (``python`` is the version's), or SQL files.

    Raises:
        LoadError: one fails.
    """
    if not prepare:
        for command in _configured(server, database, folder, config):
            _run_command(command, folder, interpreter, variables)
    for step in prepare:
        if step.endswith(".sql"):
            _run_sql(server, database, _existing(step, folder))
        else:
            _run_command(shlex.split(step), folder, interpreter, variables)


def _configured(server: Server, database: str, folder: Path, config: Config) -> list[list[str]]:
    """Return the commands that make what is configured: the version's own interpreter imports the version's code."""
    found = []
    made = bool(config.metadata or config.sql or config.setup)
    if config.alembic is not None or (not made and (folder / "alembic.ini").is_file()):
        file = config.root / config.alembic if config.alembic is not None else folder / "alembic.ini"
        found.append(["python", "-m", "alembic", "-c", str(file), "upgrade", "head"])
    if made or config.seed:
        url = server.url(database)
        found.append(["python", "-m", "greenshift.load.serving.creating", str(config.root), url])
    return found


def _existing(step: str, folder: Path) -> Path:
    found = next((path for path in (Path(step), folder / step) if path.is_file()), None)
    if found is None:
        raise LoadError(f"there is no SQL file {step}", "name one relative to the current or the version's folder")
    return found


def _run_sql(server: Server, database: str, file: Path) -> None:
    try:
        with server.connect(database) as connection:
            connection.execute(file.read_bytes())
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise LoadError(f"{file.name} fails on the load's database: {reason}", "correct the file") from error


def _run_command(command: list[str], folder: Path, interpreter: Interpreter, variables: Mapping[str, str]) -> None:
    if not command:
        raise LoadError("an empty command cannot prepare anything", "leave it out")
    # No password that stands in an argument.
    shown = mask(" ".join(command))
    if command[0] in {"python", "python3"}:
        command = [str(interpreter.program), *command[1:]]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=interpreter.environment(folder, variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise LoadError(f"`{shown}` cannot be run: {error.strerror}", "name a program that there is") from error
    if done.returncode != 0:
        lines = [*done.stdout.strip().splitlines(), *done.stderr.strip().splitlines()]
        reason = lines[-1][:300] if lines else f"exit code {done.returncode}"
        raise ServingError(
            f"`{shown}` fails: {reason}", "correct it; it runs in the version's folder", tuple(lines[-_LINES:])
        )

"""The environment variables that lead a version to its database, each with the version's own driver."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from greenshift.config import Config
from greenshift.load.errors import LoadError
from greenshift.load.serving.interpreter import Interpreter
from greenshift.postgres import Address

DEFAULT_VARIABLE: Final = "DATABASE_URL"
_SKIPPED: Final = frozenset(
    {".git", ".venv", "venv", "node_modules", "__pycache__", "site-packages", ".tox", "tests", "test", "migrations"}
)
_TEST_FILE: Final = re.compile(r"^(?:conftest|test_.*|.*_test)\.py$")
_ASYNC_ENGINE: Final = re.compile(r"\b(?:create_async_engine|async_engine_from_config)\b")
_DRIVERS: Final = frozenset({"asyncpg", "psycopg", "psycopg2", "pg8000"})
_PLACE: Final = re.compile(r"\{(?:url|host|port|user|password|database)\}")


def variables_for(
    config: Config, interpreter: Interpreter, address: Address, database: str, more: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables' values for one database.

    Args:
        config: of the version: which variables there are, and their forms.
        interpreter: the version's Python, whose drivers are looked at.
        address: where the server is, for this version.
        database: the database.
        more: further variables, or another form for one of these: a driver's name, or a text in which ``{url}``,
            ``{host}``, ``{port}``, ``{user}``, ``{password}`` and ``{database}`` are filled in.

    Raises:
        LoadError: no driver for it is installed.
    """
    leading: dict[str, str | None] = dict(config.env) or {DEFAULT_VARIABLE: None}
    found: dict[str, str] = {}
    forms = {**leading, **more}
    # Looked for only where it is needed: a version may name its drivers itself.
    is_needed = any(form is None or "{url}" in form for form in forms.values())
    url = address.url(database, driver_of(config, interpreter) if is_needed else None)
    for name, form in forms.items():
        if form is None:
            found[name] = url
        elif _PLACE.search(form):
            found[name] = _filled(form, address, database, url)
        elif name in more and not (name in leading and form in _DRIVERS):
            found[name] = form
        else:
            found[name] = address.url(database, form)
    return found


def driver_of(config: Config, interpreter: Interpreter) -> str | None:
    """Return the driver to name in a version's URL; None where plain ``postgresql://`` leads to one.

    Raises:
        LoadError: none is installed.
    """
    if is_async(config.root):
        wanted = [config.driver] if config.configured and config.driver != "sqlite" else []
        texts = [text for _, text in sources(config.root)]
        if not any("+asyncpg" in one for one in texts) and any("+psycopg" in one for one in texts):
            wanted.append("psycopg")  # The code names it: asyncpg may refuse what the code gives to columns.
        drivers = [*wanted, "asyncpg", "psycopg"]
    else:
        drivers = [interpreter.default_driver, "psycopg2", "psycopg"]
    driver = next((name for name in drivers if name in interpreter.packages), None)
    if driver is None:
        raise LoadError(
            f"{interpreter.program} has no PostgreSQL driver ({' or '.join(dict.fromkeys(drivers))})",
            f"pip install {drivers[0].replace('psycopg2', 'psycopg2-binary')} into it",
        )
    return None if not is_async(config.root) and driver == interpreter.default_driver else driver


def is_async(folder: Path) -> bool:
    """Return whether an application's code makes an async engine.

    Args:
        folder: the application's folder; its tests and migrations are left out.
    """
    return any(_ASYNC_ENGINE.search(text) for _, text in sources(folder))


def sources(folder: Path) -> Iterator[tuple[str, str]]:
    """Give each Python file of an application with its path: no tests, no migrations, nothing installed."""
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        for name in sorted(files):
            if name.endswith(".py") and not _TEST_FILE.match(name):
                path = Path(current) / name
                try:
                    yield path.relative_to(folder).as_posix(), path.read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue


def _filled(form: str, address: Address, database: str, url: str) -> str:
    values = {
        "{url}": url,
        "{host}": address.host,
        "{port}": str(address.port),
        "{user}": address.user,
        "{password}": address.password or "",
        "{database}": database,
    }
    return _PLACE.sub(lambda match: values[match[0]], form)

"""The environment variables that lead a version to its database, each with the version's own driver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from greenshift.application.drivers import driver_of
from greenshift.application.interpreter import Interpreter
from greenshift.application.sources import sources_that_run
from greenshift.application.variables import filled, forms_of, is_template
from greenshift.config import Config
from greenshift.postgres import Address

_ASYNC_ENGINE: Final = re.compile(r"\b(?:create_async_engine|async_engine_from_config)\b")
_DRIVERS: Final = frozenset({"asyncpg", "psycopg", "psycopg2", "pg8000"})


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
        ApplicationError: no driver for it is installed.
    """
    leading = forms_of(config)
    found: dict[str, str] = {}
    forms = {**leading, **more}
    # Looked for only where it is needed: a version may name its drivers itself.
    is_needed = any(form is None or "{url}" in form for form in forms.values())
    driver = driver_of(interpreter, config, is_async=is_async(config.root)) if is_needed else None
    url = address.url(database, driver)
    for name, form in forms.items():
        if form is None:
            found[name] = url
        elif is_template(form):
            found[name] = filled(form, address, database, url)
        elif name in more and not (name in leading and form in _DRIVERS):
            found[name] = form
        else:
            found[name] = address.url(database, form)
    return found


def is_async(folder: Path) -> bool:
    """Return whether an application's code makes an async engine.

    Args:
        folder: the application's folder; its tests and migrations are left out.
    """
    return any(_ASYNC_ENGINE.search(text) for _, text in sources_that_run(folder))

"""The databases that both sides run on: an empty one each, on one PostgreSQL server or as SQLite files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from greenshift.application.drivers import driver_of
from greenshift.application.interpreter import Interpreter
from greenshift.application.server import ServerOnDemand
from greenshift.application.sources import is_test, sources
from greenshift.application.variables import filled, forms_of, is_template
from greenshift.config import Config
from greenshift.postgres import Template, TemplateSource

Choice = Literal["auto", "postgresql", "sqlite", "own"]
Kind = Literal["postgresql", "sqlite", "greenshift", "own"]

_OWN_URL: Final = r"(?:sqlite|postgres(?:ql)?)(?:\+\w+)?://|setenv\(\s*['\"]{name}|environ\[['\"]{name}['\"]\]\s*="


class Databases(ServerOnDemand):
    """Gives each side a database of its own; a context manager that removes them.

    Args:
        config: of the application after.
        kind: what to give.
        folder: where SQLite files go.
    """

    def __init__(self, config: Config, kind: Kind, folder: Path) -> None:
        super().__init__(config)
        self.kind: Kind = kind
        self._folder = folder

    def variables(self, label: str, interpreter: Interpreter, config: Config, *, is_async: bool) -> dict[str, str]:
        """Return the variables that lead one side to a new, empty database.

        Args:
            label: what it is for; another one is another database.
            interpreter: the side's Python, whose drivers are looked at.
            config: of that side's tree: which variables, and their forms.
            is_async: whether asyncio's drivers are wanted.

        Raises:
            ApplicationError: no driver for it is installed.
        """
        if self.kind == "own":
            return {}
        if self.kind == "greenshift":
            # The plugin in the tests makes its own databases; both sides make theirs on one server.
            if config.is_sqlite or config.url or "psycopg" not in interpreter.packages:
                return {}
            return {"GREENSHIFT_DATABASE_URL": self.server.url()}
        if self.kind == "sqlite":
            driver = "+aiosqlite" if is_async else ""
            return dict.fromkeys(forms_of(config), f"sqlite{driver}:///{self._folder / f'{label}.db'}")
        return self.values(self.new_database(label), driver_of(interpreter, config, is_async=is_async), config)

    def values(self, name: str, driver: str | None, config: Config) -> dict[str, str]:
        """Return the variables' values for a database on the server.

        Args:
            name: the database.
            driver: the driver; None for a URL without one.
            config: says which variables, and their forms.
        """
        address = self.server.address
        url = address.url(name, driver)
        return {
            variable: filled(form, address, name, url) if form is not None and is_template(form) else url
            for variable, form in forms_of(config).items()
        }

    def new_database(self, label: str) -> str:
        """Make an empty database and return its name."""
        fingerprint = f"greenshift verify, empty: {sorted(self.config.extensions)}"
        source = TemplateSource(fingerprint, self.create_extensions, "an empty database")
        return Template.ensure(self.server, self.run, source).clone(self.run, label).name


def choose(choice: Choice, tree: Path, config: Config, environ: Mapping[str, str] | None = None) -> Kind:
    """Choose what both sides run on.

    ``auto`` leaves alone what the tests set up themselves, and otherwise follows the application's variables.

    Args:
        choice: what the user said.
        tree: the application's folder.
        config: of the application.
        environ: the environment; the process's own by default.
    """
    if choice != "auto":
        return choice
    if config.configured and (config.metadata or config.alembic or config.sql or config.setup):
        return "greenshift"
    environ = os.environ if environ is None else environ
    names = list(forms_of(config))
    application = ""
    form = "|".join(_OWN_URL.replace("{name}", re.escape(name)) for name in names)
    for path, text in sources(tree):
        if is_test(path):
            if re.search(form, text):
                return "own"
        else:
            application += text
    if not any(name in application or name.lower() in application for name in names):
        return "own"
    given = [environ[name] for name in names if name in environ]
    if given:
        return "postgresql" if given[0].startswith("postgres") else "sqlite" if given[0].startswith("sqlite") else "own"
    return "postgresql" if "postgres" in application and "sqlite" not in application else "own"


def kind_for_walk(kind: Kind, tree: Path, config: Config) -> Literal["postgresql", "sqlite", "own"]:
    """Choose what a walk runs on: what the tests ran on, or else what the application's variable can be given.

    Args:
        kind: what the tests ran on.
        tree: the application's folder.
        config: of the application.
    """
    if kind in {"postgresql", "sqlite"}:
        return kind
    if kind == "greenshift":
        return "sqlite" if config.is_sqlite else "postgresql"
    application = "".join(text for path, text in sources(tree) if not is_test(path))
    if not any(name in application or name.lower() in application for name in forms_of(config)):
        return "own"
    return "postgresql" if "postgres" in application and "sqlite" not in application else "sqlite"

"""The environment variables that carry the test database's URL into the application."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from greenshift.errors import ConfigurationError, GreenshiftError
from greenshift.postgres import Address


class ProductionDatabaseError(GreenshiftError):
    """The application reached, or tried to reach, the database that a configured variable named before the run."""


@dataclass(frozen=True)
class Target:
    """Which database a URL leads to, without its credentials; two URLs with equal targets reach the same one."""

    host: str
    port: int
    database: str

    @classmethod
    def of(cls, url: str) -> Target | None:
        """Return the target of a PostgreSQL URL of any driver, None for anything else."""
        try:
            parts = urlsplit(url)
            if not parts.scheme.startswith("postgres"):
                return None
            query = dict(parse_qsl(parts.query))
            host = unquote(parts.hostname or "") or query.get("host", "")
            port = parts.port or int(query.get("port", "5432"))
        except ValueError:
            return None
        return cls.from_parts(host, port, unquote(parts.path.lstrip("/")))

    @classmethod
    def from_parts(cls, host: object, port: object, database: object) -> Target:
        """Build a target from a driver's connection arguments."""
        try:
            number = int(str(port or 5432))
        except ValueError:
            number = 5432
        name = str(host or "").lower()
        return cls("localhost" if name in {"", "127.0.0.1", "::1"} else name, number, str(database or ""))


class Environment:
    """Sets the configured variables for the run, and gives them back afterwards.

    Args:
        variables: names, each with a driver (None: ``driver``) or a template with ``{url}``, ``{host}``,
            ``{port}``, ``{user}``, ``{password}`` and ``{database}``.
        driver: the driver of variables that name none.
        environ: the mapping to change; the process's own by default.
        earlier: databases that the variables named before another process of this run set them.
    """

    def __init__(
        self,
        variables: Mapping[str, str | None],
        driver: str,
        environ: MutableMapping[str, str] | None = None,
        *,
        earlier: Iterable[Target] = (),
    ) -> None:
        self._variables = variables
        self._driver = driver
        self._environ = os.environ if environ is None else environ
        self._earlier = frozenset(earlier)
        self._originals = {name: self._environ.get(name) for name in variables}

    @property
    def replaced_targets(self) -> frozenset[Target]:
        """The databases that the variables named before they were replaced."""
        found = (Target.of(value) for value in self._originals.values() if value)
        return self._earlier | {target for target in found if target is not None}

    def values(self, address: Address, database: str) -> dict[str, str]:
        """Return each variable's value for one database.

        Raises:
            ConfigurationError: a template names something that is not known.
        """
        result = {}
        for name, form in self._variables.items():
            if form is not None and "{" in form:
                result[name] = _filled(name, form, address, database, self._driver)
            else:
                result[name] = address.url(database, form or self._driver)
        return result

    def sqlite_values(self, path: Path) -> dict[str, str]:
        """Return each variable's value for an SQLite file; a variable's own driver may be ``pysqlite``."""
        drivers = {name: form or "aiosqlite" for name, form in self._variables.items()}
        return {name: f"sqlite+{driver}:///{path}" for name, driver in drivers.items() if "{" not in driver}

    def apply(self, values: Mapping[str, str]) -> None:
        """Set the variables, before the application is imported."""
        self._environ.update(values)

    def restore(self) -> None:
        """Give every variable the value it had when this object was made."""
        for name, value in self._originals.items():
            if value is None:
                self._environ.pop(name, None)
            else:
                self._environ[name] = value

    def refuse_earlier_connections(self) -> None:
        """Refuse to run where an engine is already connected to a database that a variable named.

        Raises:
            ProductionDatabaseError: such an engine exists.
        """
        targets = self.replaced_targets
        if not targets or "sqlalchemy" not in sys.modules:
            return
        from sqlalchemy import Engine
        from sqlalchemy.pool import QueuePool

        for candidate in gc.get_objects():
            if issubclass(type(candidate), Engine):
                url = candidate.url
                if Target.of(url.render_as_string(hide_password=False)) not in targets:
                    continue
                pool = candidate.pool
                if isinstance(pool, QueuePool) and pool.checkedin() + pool.checkedout() == 0:
                    continue
                raise ProductionDatabaseError(
                    f"something connected to {url.render_as_string()} before the tests' database could take its place",
                    "import the application in tests or conftest.py only, not in a plugin or sitecustomize",
                )


def _filled(name: str, form: str, address: Address, database: str, driver: str) -> str:
    try:
        return form.format(
            url=address.url(database, driver),
            host=address.host,
            port=address.port,
            user=address.user,
            password=address.password or "",
            database=database,
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ConfigurationError(
            f"the template of env.{name} in [tool.greenshift] cannot be filled: {error}",
            "use only {url}, {host}, {port}, {user}, {password} and {database}",
        ) from error

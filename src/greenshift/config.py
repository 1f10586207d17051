"""``[tool.greenshift]`` in pyproject.toml, read into one validated dataclass."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from greenshift.errors import ConfigurationError

Isolation = Literal["rewind", "rollback", "clone", "schema"]
Provider = Literal["auto", "embedded", "installed", "container", "kept"]
Listen = Literal["socket", "tcp"]
DataPlace = Literal["auto", "memory", "disk"]
GuardMode = Literal["error", "warn", "off"]

ISOLATIONS: tuple[str, ...] = get_args(Isolation)
PROVIDERS: tuple[str, ...] = get_args(Provider)
GUARD_MODES: tuple[str, ...] = get_args(GuardMode)
DRIVERS: tuple[str, ...] = ("asyncpg", "psycopg", "sqlite")

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "isolation": ISOLATIONS,
    "driver": DRIVERS,
    "server": PROVIDERS,
    "listen": get_args(Listen),
    "data": get_args(DataPlace),
    "n_plus_one": GUARD_MODES,
    "blocking": GUARD_MODES,
}
_LISTS = ("metadata", "sql", "seed", "extensions", "n_plus_one_ignore", "blocking_ignore")
_DEFINITIONS = ("metadata", "alembic", "sql", "setup")


@dataclass(frozen=True)
class Config:
    """What a project says about itself in ``[tool.greenshift]``; every key is optional.

    Args:
        root: the folder of pyproject.toml; relative paths start there and it is put on ``sys.path``.
        configured: whether a ``[tool.greenshift]`` table was found.
        metadata: ``module:attribute`` of SQLAlchemy metadata, a declarative base or ``SQLModel``;
            one or several.
        alembic: path of ``alembic.ini``.
        sql: SQL files, run in order.
        setup: ``module:function`` that fills an empty database.
        seed: rows that every test starts with: SQL files or ``module:function``, run after the schema exists.
        app: ``module:attribute`` of the ASGI application, for ``async_client``.
        env: environment variables that receive the test database's URL, each with its driver
            (None: ``driver``) or a template such as ``"{host}"``.
        driver: the driver of the application's URL: ``asyncpg``, ``psycopg`` or ``sqlite``.
        isolation: ``rewind``, ``rollback``, ``clone`` or ``schema``.
        url: a server to use in place of one of ours.
        server: where a server comes from when no URL is given.
        listen: ``socket`` or ``tcp`` (loopback), for a server of ours.
        data: where the data of a server of ours lies: ``auto``, ``memory`` or ``disk``.
        extensions: PostgreSQL extensions that the application needs.
        settings: ``postgresql.conf`` settings for a server of ours.
        work_timeout: seconds that work still running at a test's end is waited for.
        session: ``module:attribute`` of the application's session factory, which the fixtures' sessions follow;
            found by itself where the application has one.
        n_plus_one: what an N+1 in a test does: ``error``, ``warn`` or ``off``.
        unused_eager_loads: whether a test warns of eager loads that nobody read in it.
        n_plus_one_ignore: patterns of files, relative to ``root``, in which an N+1 is allowed.
        blocking: what a blocking call in the event loop does: ``error``, ``warn`` or ``off``.
        blocking_ignore: patterns of files in which a blocking call is allowed.
        check: the table ``[tool.greenshift.check]`` as it is written; ``greenshift.check.configuration`` validates it.
        services: the tables ``[tool.greenshift.services.NAME]``, likewise.
        mirror: the table ``[tool.greenshift.mirror]``; ``greenshift.shift.mirror.configuration`` validates it.
    """

    root: Path = field(default_factory=Path.cwd)
    configured: bool = False
    metadata: tuple[str, ...] = ()
    alembic: str | None = None
    sql: tuple[str, ...] = ()
    setup: str | None = None
    seed: tuple[str, ...] = ()
    app: str | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    driver: str = "asyncpg"
    isolation: str = "rewind"
    url: str | None = field(default=None, repr=False)
    server: Provider = "auto"
    listen: Listen = "socket"
    data: DataPlace = "auto"
    extensions: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    work_timeout: float = 0.5
    session: str | None = None
    n_plus_one: GuardMode = "off"
    unused_eager_loads: bool = False
    n_plus_one_ignore: tuple[str, ...] = ()
    blocking: GuardMode = "off"
    blocking_ignore: tuple[str, ...] = ()
    check: Mapping[str, Any] = field(default_factory=dict)
    services: Mapping[str, Any] = field(default_factory=dict)
    mirror: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_sqlite(self) -> bool:
        """Whether the quick mode on SQLite is on."""
        return self.driver == "sqlite"

    def overridden(self, **values: Any) -> Config:
        """Return a copy in which the values that are not None (command-line options) replace the table's.

        Raises:
            ConfigurationError: a value is not one that its key allows.
        """
        given = {key: value for key, value in values.items() if value is not None}
        for key, value in given.items():
            _check_choice(key, value, "on the command line")
        return replace(self, **given)


def load_config(directory: Path, environ: Mapping[str, str] | None = None) -> Config:
    """Read the nearest ``pyproject.toml`` at or above a folder that has a ``[tool.greenshift]`` table.

    Args:
        directory: where to start looking; the search ends at the first pyproject.toml with the table,
            and gives the defaults where there is none.
        environ: ``GREENSHIFT_DATABASE_URL`` and ``GREENSHIFT_DRIVER`` are read from here; the process's
            own by default.

    Raises:
        ConfigurationError: the file is no TOML, a key is unknown, or a value has the wrong type or is
            not allowed.
    """
    environ = os.environ if environ is None else environ
    directory = directory.resolve()
    config = Config(root=directory)
    for folder in (directory, *directory.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = _read_table(path)
            if table is not None:
                config = _from_table(table, path)
                break
    return config.overridden(
        url=environ.get("GREENSHIFT_DATABASE_URL") or None, driver=environ.get("GREENSHIFT_DRIVER") or None
    )


def _read_table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", "correct the file") from error
    tool = document.get("tool", {})
    table = tool.get("greenshift") if isinstance(tool, Mapping) else None
    if table is not None and not isinstance(table, Mapping):
        raise ConfigurationError(f"tool.greenshift in {path} is not a table", "write it as [tool.greenshift]")
    return table


def _from_table(table: Mapping[str, Any], path: Path) -> Config:
    known = {item.name for item in fields(Config)} - {"root", "configured"}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
            raise ConfigurationError(f"[tool.greenshift] in {path} has the unknown key {key!r}", hint)
    values = {key: _validated(key, value, path) for key, value in table.items()}
    given = [key for key in _DEFINITIONS if values.get(key)]
    if len(given) > 1:
        raise ConfigurationError(
            f"[tool.greenshift] in {path} defines the schema twice: {' and '.join(given)}",
            "keep one of them; put rows that every test starts with under 'seed'",
        )
    return Config(root=path.parent, configured=True, **values)


def _validated(key: str, value: Any, path: Path) -> Any:
    where = f"in {path}"
    if key in _LISTS:
        return _strings(key, [value] if isinstance(value, str) else value, path)
    if key == "env":
        return _environment(value, path)
    if key in ("check", "services", "mirror"):
        if not isinstance(value, Mapping):
            raise _wrong_type(key, f"a table: [tool.greenshift.{key}]", path)
        return dict(value)
    if key == "settings":
        if not isinstance(value, Mapping):
            raise _wrong_type(key, "a table of PostgreSQL settings", path)
        return {name: _setting(setting) for name, setting in value.items()}
    if key == "unused_eager_loads":
        if not isinstance(value, bool):
            raise _wrong_type(key, "true or false", path)
        return value
    if key == "work_timeout":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 60:
            raise _wrong_type(key, "a number of seconds from 0 to 60", path)
        return float(value)
    if not isinstance(value, str) or not value:
        raise _wrong_type(key, "a string", path)
    _check_choice(key, value, where)
    return value


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def _strings(key: str, value: Any, path: Path) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or not all(isinstance(item, str) and item for item in value):
        raise _wrong_type(key, "a string or a list of strings", path)
    return tuple(value)


def _environment(value: Any, path: Path) -> Mapping[str, str | None]:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, Mapping):
        if not all(isinstance(item, str) and item for item in value.values()):
            raise _wrong_type("env", "a table of variable names with a driver or a template each", path)
        return dict(value)
    return dict.fromkeys(_strings("env", value, path))


def _check_choice(key: str, value: Any, where: str) -> None:
    allowed = _CHOICES.get(key)
    if allowed is not None and value not in allowed:
        near = difflib.get_close_matches(str(value), allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        problem = f"{key} = {value!r} {where} is not known"
        raise ConfigurationError(problem, f"{hint}choose one of: {', '.join(allowed)}")


def _wrong_type(key: str, expected: str, path: Path) -> ConfigurationError:
    return ConfigurationError(f"{key!r} of [tool.greenshift] in {path} has the wrong type", f"write {expected}")

"""From the configuration to what the template is made of."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from greenshift.config import Config
from greenshift.definitions import (
    BuildTarget,
    Definition,
    SQLiteTarget,
    from_alembic,
    from_callable,
    from_metadata,
    from_sql,
    with_seeds,
)
from greenshift.definitions.alembic_files import find_alembic
from greenshift.definitions.extensions import extensions_created
from greenshift.errors import GreenshiftError
from greenshift.postgres import Address
from greenshift.testing.environment import Environment


def definition_for(config: Config, environment: Environment) -> Definition:
    """Return what the project's template is made of; without any configuration an empty database.

    Args:
        config: the project's configuration.
        environment: the variables that a migration environment may read the URL from.

    Raises:
        ConfigurationError: something that the configuration names is not there or is of the wrong kind.
    """

    def variables(target: BuildTarget) -> Mapping[str, str]:
        if isinstance(target, SQLiteTarget):
            return environment.sqlite_values(target.path)
        address, database = _place(target.url(None))
        return environment.values(address, database)

    if config.metadata:
        definition = from_metadata(config.metadata)
    elif config.alembic is not None:
        definition = from_alembic(config.root / config.alembic, root=config.root, environment=variables)
    elif config.sql:
        definition = from_sql([config.root / name for name in config.sql])
    elif config.setup is not None:
        definition = from_callable(config.setup)
    else:
        definition = Definition("empty", lambda _target: None, "an empty database")
    return with_seeds(definition, config.seed, root=config.root)


def extensions_of(config: Config) -> tuple[str, ...]:
    """Return the PostgreSQL extensions that the project says or shows that it creates, without importing it."""
    found = set(config.extensions)
    # What is wrong with these files is said when they are used.
    with contextlib.suppress(GreenshiftError, OSError, ValueError):
        found |= extensions_created(_texts(config))
    return tuple(sorted(found))


def _texts(config: Config) -> Iterator[str]:
    for name in (*config.sql, *(name for name in config.seed if name.endswith(".sql"))):
        yield Path(config.root / name).read_text(encoding="utf-8")
    if config.alembic is not None:
        yield from find_alembic(config.root / config.alembic, config.root).texts()


def _place(url: str) -> tuple[Address, str]:
    """Take a libpq URL of ours apart again."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", "") or unquote(parts.hostname or "")
    port = int(query.pop("port", "") or parts.port or 5432)
    password = unquote(parts.password) if parts.password is not None else None
    address = Address(host, port, unquote(parts.username or ""), password, query)
    return address, unquote(parts.path.lstrip("/"))

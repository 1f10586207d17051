"""A template made from SQLAlchemy metadata."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, create_mock_engine, text
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.pool import NullPool
from sqlalchemy.sql import ClauseElement

from greenshift.definitions.extensions import extensions_created, extensions_used
from greenshift.definitions.failure import described_with_location
from greenshift.definitions.load import load_object
from greenshift.definitions.modules import sources_of
from greenshift.definitions.source import BuildTarget, Definition, SQLiteTarget, digest, sync_url
from greenshift.errors import ConfigurationError
from greenshift.postgres.errors import TemplateError

_MEMORY_ADDRESS = re.compile(r"0x[0-9a-f]+")


def from_metadata(paths: Sequence[str]) -> Definition:
    """Define a template by SQLAlchemy metadata, created with ``create_all``.

    Schemas that the tables name are created first, and the extensions whose types the tables use.

    Args:
        paths: ``module:attribute`` of a ``MetaData``, a declarative base, ``SQLModel`` or whatever else has
            a ``metadata``; one or several.

    Raises:
        ConfigurationError: a path cannot be imported, names something else, or holds no table.
    """
    metadatas = [_metadata(path) for path in paths]
    unique = list({id(metadata): metadata for metadata in metadatas}.values())
    plan = _Plan.of(unique, paths)

    def build(target: BuildTarget) -> None:
        _create(unique, plan, target, label)

    label = "metadata " + ", ".join(paths)
    return Definition(
        fingerprint=digest(["metadata", *plan.content]),
        build=build,
        label=label,
        extensions=plan.extensions,
    )


class _Plan:
    """What ``create_all`` will say on PostgreSQL, without saying it.

    Args:
        content: what decides the template, in an order that SQLAlchemy's version does not change.
        schemas: the schemas that must exist first.
        extensions: the extensions that must exist first.
    """

    def __init__(self, content: Sequence[str | bytes], schemas: Iterable[str], extensions: frozenset[str]) -> None:
        self.content = content
        self.schemas = sorted(schemas)
        self.extensions = extensions

    @classmethod
    def of(cls, metadatas: Sequence[MetaData], paths: Sequence[str]) -> _Plan:
        schemas = {table.schema for metadata in metadatas for table in metadata.tables.values()}
        content: list[str | bytes]
        try:
            statements, other_schemas = _statements(metadatas)
            schemas |= other_schemas
            content = [*sorted(statements)]
            ddl = statements
        except Exception:
            # A DDL event that needs answers, or a type that PostgreSQL lacks (SQLite only): the source decides.
            sources: dict[str, bytes] = {}
            for path in paths:
                sources |= sources_of(path.partition(":")[0])
            content = [part for name in sorted(sources) for part in (name, sources[name])]
            ddl = [source.decode("utf-8", "replace") for source in sources.values()]
            return cls(content, (name for name in schemas if name), extensions_created(ddl))
        return cls(content, (name for name in schemas if name), extensions_created(ddl) | extensions_used(ddl))


def _statements(metadatas: Sequence[MetaData]) -> tuple[list[str], set[str | None]]:
    statements: list[str] = []
    schemas: set[str | None] = set()

    def record(clause: Any, parameters: Any = None, *_: Any, **__: Any) -> None:
        if isinstance(clause, ClauseElement):
            schemas.add(getattr(getattr(clause, "element", None), "schema", None))
            statement = str(clause.compile(dialect=engine.dialect)).strip()
        else:
            statement = str(clause).strip()
        if parameters:
            statement += "\n" + _MEMORY_ADDRESS.sub("0x", repr(parameters))
        statements.append(statement)

    engine: MockConnection = create_mock_engine("postgresql+psycopg://", record)
    for metadata in metadatas:
        metadata.create_all(engine, checkfirst=False)
    return statements, schemas


def _metadata(path: str) -> MetaData:
    found = load_object(path, key="metadata")
    metadata = found if isinstance(found, MetaData) else getattr(found, "metadata", None)
    if not isinstance(metadata, MetaData):
        raise ConfigurationError(
            f"metadata = {path!r} names a {type(found).__name__}, which has no SQLAlchemy metadata",
            "name a MetaData, a declarative base or SQLModel",
        )
    if not metadata.tables:
        raise ConfigurationError(
            f"metadata = {path!r} holds no table",
            "name it through a module that imports the models, for example app.models rather than app.database",
        )
    return metadata


def _create(metadatas: Sequence[MetaData], plan: _Plan, target: BuildTarget, label: str) -> None:
    engine = create_engine(sync_url(target), poolclass=NullPool)
    try:
        with engine.begin() as connection:
            if not isinstance(target, SQLiteTarget):
                _prepare(connection, plan)
            for metadata in metadatas:
                metadata.create_all(connection)
    except Exception as error:
        raise TemplateError(
            f"{label} cannot be created: {described_with_location(error)}",
            "correct the models; the tables are created by MetaData.create_all on an empty database",
        ) from error
    finally:
        engine.dispose()


def _prepare(connection: Connection, plan: _Plan) -> None:
    quote = connection.dialect.identifier_preparer.quote_identifier
    for extension in sorted(plan.extensions):
        connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {quote(extension)}"))
    for schema in plan.schemas:
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}"))

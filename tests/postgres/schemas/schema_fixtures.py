"""A role with no more than the right to create schemas in one database, and schemas of ours there."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from greenshift.postgres import Run, Server, TemplateSource, TemplateTarget
from greenshift.postgres.schemas.database import SchemaDatabase
from greenshift.postgres.schemas.place import SchemaPlace

MakeSchema = Callable[..., SchemaDatabase]


@pytest.fixture
def shared(any_server: Server) -> Iterator[Server]:
    """The server as such a role reaches it; its maintenance database is one that others use as well."""
    name = f"shared_{secrets.token_hex(4)}"
    with any_server.connect() as connection:
        for statement in (
            f"CREATE ROLE {name} LOGIN",
            f"CREATE DATABASE {name}",
            f"GRANT CREATE ON DATABASE {name} TO {name}",
        ):
            connection.execute(statement.encode())
    yield Server(
        replace(any_server.address, user=name),
        provider="url",
        version=any_server.version,
        owned=False,
        maintenance_database=name,
    )
    with any_server.connect() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        connection.execute(f"DROP ROLE {name}".encode())


@pytest.fixture
def shared_run(shared: Server) -> Iterator[Run]:
    """A run of that role's."""
    with Run.start(shared) as run:
        yield run


@pytest.fixture
def make_schema(shared_run: Run) -> Iterator[MakeSchema]:
    """Build a schema from SQL statements."""
    made: list[SchemaDatabase] = []

    def make(statements: str, run: Run = shared_run) -> SchemaDatabase:
        schema = SchemaDatabase(SchemaPlace(run, f"test{len(made)}"), source_of(statements))
        made.append(schema)
        return schema

    yield make
    for schema in made:
        schema.drop()


def source_of(statements: str) -> TemplateSource:
    """Return a source that runs SQL statements at once."""

    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            connection.execute(statements.encode())

    return TemplateSource(statements, build, "a test's schema")


def schemas_of(server: Server) -> list[str]:
    """Return the schemas of ours in the server's maintenance database."""
    with server.connect() as connection:
        rows = connection.execute(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'greenshift\_%' ORDER BY 1")
        return [str(row[0]) for row in rows]

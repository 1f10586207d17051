"""Random changes to a database, committed, rolled back or left open, over several connections."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from random import Random

import psycopg
from random_schemas import Column, Schema, Table, insert, value

from greenshift.postgres import Database

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Step:
    """One statement on one of the connections."""

    connection: int
    statement: str


def random_changes(random: Random, schema: Schema, ddl: float = 0.15) -> list[Step]:
    """Return random changes.

    Args:
        random: the source of randomness.
        schema: what there is to change.
        ddl: how often a change of the schema is among them.
    """
    steps: list[Step] = []
    connections = random.randrange(1, 4)
    for _ in range(random.randrange(1, 12)):
        connection = random.randrange(connections)
        block = [_statement(random, schema) for _ in range(random.randrange(1, 4))]
        shape = random.random()
        if shape < 0.5:
            statements = block
        elif shape < 0.75:
            statements = ["BEGIN", *block, random.choice(["COMMIT", "COMMIT", "ROLLBACK"])]
        elif shape < 0.88:
            statements = ["BEGIN", "SAVEPOINT a", *block, random.choice(["ROLLBACK TO a", "RELEASE a"]), "COMMIT"]
        elif shape < 0.94:
            statements = ["BEGIN", *block, f"PREPARE TRANSACTION 'two phases {random.randrange(3)}'"]
        else:
            statements = ["BEGIN", *block]
        steps += [Step(connection, statement) for statement in statements]
    if random.random() < ddl:
        steps.insert(random.randrange(len(steps) + 1), Step(random.randrange(connections), _definition(random, schema)))
    return steps


def apply(database: Database, steps: list[Step]) -> list[Connection]:
    """Carry changes out; return the connections, some of which may be left in a transaction.

    What a constraint refuses is refused; what waits for another connection's lock gives up.
    """
    connections: dict[int, Connection] = {}
    for step in steps:
        if step.connection not in connections:
            connections[step.connection] = database.connect()
            connections[step.connection].execute("SET lock_timeout = 30")
        with contextlib.suppress(psycopg.Error):
            connections[step.connection].execute(step.statement.encode())
    return list(connections.values())


def _statement(random: Random, schema: Schema) -> str:
    table = random.choice(schema.tables)
    some = random.choice(["true", "random() < 0.5", "random() < 0.2", _match(random, table)])
    choice = random.random()
    if choice < 0.39:
        return insert(random, table, random.randrange(1, 5), random.choice(["", "", " ON CONFLICT DO NOTHING"]))
    if choice < 0.42 and table.columns:
        # Enough for the table to be vacuumed after it was emptied.
        names = ", ".join(column.name for column in table.columns)
        values = ", ".join(value(random, column.type) for column in table.columns)
        return (
            f"INSERT INTO {table.name} ({names}) SELECT {values} FROM generate_series(1, 1500) ON CONFLICT DO NOTHING"
        )
    if choice < 0.6 and table.columns:
        column = random.choice(table.columns)
        return f"UPDATE {table.name} SET {column.name} = {value(random, column.type)} WHERE {some}"
    if choice < 0.75:
        return f"DELETE FROM {table.name} WHERE {some}"
    if choice < 0.8:
        return f"TRUNCATE {table.name}{random.choice(['', ' CASCADE', ' RESTART IDENTITY CASCADE'])}"
    if choice < 0.9 and schema.sequences:
        sequence = random.choice(schema.sequences)
        call = random.choice(["nextval('{}')", "setval('{}', 3)", "setval('{}', 2, false)", "nextval('{}')"])
        return f"SELECT {call.format(sequence)}"
    return random.choice(
        [
            "SELECT lo_create(0)",
            "SELECT lo_from_bytea(0, 'some bytes'::bytea)",
            "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
            "SELECT lo_put(oid, 2, 'zz') FROM pg_largeobject_metadata",
            f"SELECT * FROM {table.name} FOR UPDATE",
            f"LOCK TABLE {table.name}",
            f"VACUUM {table.name}",
            f"VACUUM (FREEZE) {table.name}",
            f"VACUUM FULL {table.name}",
            f"ANALYZE {table.name}",
            "SET session_replication_role = replica",
            "RESET session_replication_role",
            "CREATE TEMP TABLE own(id serial PRIMARY KEY, v text)",
            "DROP TABLE IF EXISTS own",
            "SELECT pg_advisory_lock(1)",
            "LISTEN something",
            f"CREATE TEMP TABLE copied AS SELECT * FROM {table.name}",
            "SET search_path = nowhere",
        ]
    )


def _match(random: Random, table: Table) -> str:
    columns: list[Column] = [column for column in table.columns if column.type in ("int", "text", "mood")]
    if not columns:
        return "random() < 0.7"
    column = random.choice(columns)
    return f"{column.name} >= {value(random, column.type)}"


def _definition(random: Random, schema: Schema) -> str:
    table = random.choice(schema.tables)
    column = table.columns[0].name if table.columns else "r"
    space = random.choice(schema.spaces)
    choices = [
        f"CREATE TABLE {space}.fresh(id serial PRIMARY KEY)",
        f"ALTER TABLE {table.name} ADD added int DEFAULT 5",
        f"ALTER TABLE {table.name} DROP COLUMN {column} CASCADE",
        f"ALTER TABLE {table.name} RENAME COLUMN {column} TO renamed",
        f"ALTER TABLE {table.name} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table.name} SET (fillfactor = 70)",
        f"DROP TABLE {table.name} CASCADE",
        f"CREATE INDEX fresh_index ON {table.name} ({column})",
        f"COMMENT ON TABLE {table.name} IS 'changed'",
        f"GRANT SELECT ON {table.name} TO PUBLIC",
        "ALTER TYPE mood ADD VALUE 'angry'",
        "ALTER DOMAIN positive DROP CONSTRAINT positive_check",
        "CREATE SCHEMA fresh",
        "DROP SCHEMA public CASCADE",
        "CREATE FUNCTION fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"CREATE VIEW {space}.fresh AS SELECT * FROM {table.name}",
        f"CLUSTER {table.name} USING {table.index}" if table.index else "CREATE SEQUENCE fresh",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '5MB'); END $$",
        "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$",
        "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$",
        "ALTER EVENT TRIGGER greenshift_altered DISABLE",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ]
    choices += [f"ALTER SEQUENCE {sequence} INCREMENT 9 RESTART 44 MAXVALUE 9999" for sequence in schema.sequences[:1]]
    for view, concurrently in schema.stored_views:
        choices += [f"REFRESH MATERIALIZED VIEW {'CONCURRENTLY ' if concurrently else ''}{view}"] * 4
    return random.choice(choices)

"""The digest that the property test compares sees whatever pg_dump sees."""

from __future__ import annotations

import time
from random import Random

import pytest
from digest import digest, dump
from made_templates import MakeDatabase
from random_changes import apply, random_changes
from random_schemas import random_schema
from rewind_property import template_of_random_schema
from test_rewind_schema import CHANGES, SCHEMA

from greenshift.postgres import Database, Run, Server


def both(database: Database) -> tuple[dict[str, str], list[str]]:
    with database.connect() as connection:
        return digest(connection), dump(database.server, database.name)


def test_it_sees_random_changes_that_pg_dump_sees(any_server: Server, run: Run) -> None:
    seen = 0
    for seed in range(3):
        random = Random(seed)
        schema = random_schema(random)
        template = template_of_random_schema(any_server, run, schema, f"digest{seed}")
        database = template.clone(run, f"digest{seed}")
        before = both(database)
        for connection in apply(database, random_changes(random, schema, ddl=1.0)):
            connection.close()
        while database.connections():
            time.sleep(0.002)
        after = both(database)
        if after[1] != before[1]:
            seen += 1
            assert after[0] != before[0], f"seed {seed}"
        database.drop()
        template.drop()
    assert seen > 0


@pytest.mark.parametrize("part", range(2))
def test_it_sees_changes_of_the_schema_that_pg_dump_sees(make_database: MakeDatabase, part: int) -> None:
    database = make_database(SCHEMA)
    before = both(database)
    seen = 0
    for change in CHANGES[part::16]:
        with database.connect() as connection:
            for statement in change.split("; ") if "$$" not in change else [change]:
                connection.execute(statement.encode())
        after = both(database)
        if after[1] != before[1]:
            seen += 1
            assert after[0] != before[0], change
        database.reclone()
    assert seen > 0

"""What another library does with a connection runs inside the connection's ``run_sync``."""

from __future__ import annotations

import pytest
from infrastructure import flip as flip_texts
from infrastructure import flipped, reasons

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.lent_connections import fix_lent_connections
from greenshift.shift.rewrite.flip.listeners import fix_listeners

FIXERS = (fix_lent_connections, fix_listeners, fix_awaiting)
HEAD = """\
import pandas
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

engine = create_engine("sqlite://")


def work(metadata):
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "assert compare_metadata(MigrationContext.configure(connection), metadata) == []",
            "assert await connection.run_sync(lambda sync_connection: "
            "compare_metadata(MigrationContext.configure(sync_connection), metadata)) == []",
        ),
        (
            "print(MigrationContext.configure(connection=connection).get_current_revision()[:4])",
            "print((await connection.run_sync(lambda sync_connection: "
            "MigrationContext.configure(connection=sync_connection).get_current_revision()))[:4])",
        ),
        (
            "found = pandas.read_sql('SELECT 1', connection)",
            "found = await connection.run_sync(lambda sync_connection: pandas.read_sql('SELECT 1', sync_connection))",
        ),
        (
            "migrations = MigrationContext.configure(connection)\n        return migrations.get_current_revision()",
            "migrations = await connection.run_sync("
            "lambda sync_connection: MigrationContext.configure(sync_connection))"
            "\n        return await connection.run_sync(lambda _: migrations.get_current_revision())",
        ),
        ("print(connection)", "print(connection)"),
    ],
)
def test_sample(before: str, after: str) -> None:
    result = flip_texts(HEAD + f"        {before}\n", *FIXERS)
    assert result.texts["app.py"].endswith(f"        {after}\n")
    assert reasons(result, "engine") == []


def test_in_sync_code_it_is_left() -> None:
    code = "from alembic.migration import MigrationContext\ndef revision(connection):\n"
    code += "    return MigrationContext.configure(connection).get_current_revision()\n"
    assert flipped(code, *FIXERS) == code

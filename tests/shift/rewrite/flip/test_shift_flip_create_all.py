"""Tables are created through a connection's ``run_sync``."""

from __future__ import annotations

import pytest
from infrastructure import MODELS, flip, flipped, reasons

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.create_all import fix_create_all

START = MODELS + "from sqlalchemy import create_engine, MetaData\nengine = create_engine('sqlite://')\n"
FIXERS = (fix_create_all, fix_awaiting)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Base.metadata.create_all(bind=engine)", "Base.metadata.create_all"),
        ("Base.metadata.create_all(engine)", "Base.metadata.create_all"),
        ("Base.metadata.drop_all(engine)", "Base.metadata.drop_all"),
        ("Base.metadata.create_all(engine, checkfirst=False)", "Base.metadata.create_all, checkfirst=False"),
        ("Base.metadata.create_all(engine, [a.b], True)", "Base.metadata.create_all, [a.b], True"),
        ("Base.metadata.create_all(tables=[a], bind=engine)", "Base.metadata.create_all, tables=[a]"),
        ("User.__table__.create(engine)", "User.__table__.create"),
        (
            "Base.metadata.tables['a'].create(engine, checkfirst=True)",
            "Base.metadata.tables['a'].create, checkfirst=True",
        ),
    ],
)
def test_in_a_function(before: str, after: str) -> None:
    new = flipped(f"{START}def prepare():\n    {before}  # once\n    return 1\n", *FIXERS)
    assert new.endswith(
        "async def prepare():\n    async with engine.begin() as connection:\n"
        f"        await connection.run_sync({after})  # once\n    return 1\n"
    )


def test_calls_that_follow_each_other_share_a_connection() -> None:
    new = flipped(
        f"{START}def reset():\n    Base.metadata.drop_all(engine)\n    Base.metadata.create_all(engine)\n", *FIXERS
    )
    assert new.count("engine.begin()") == 1
    assert new.endswith(
        "        await connection.run_sync(Base.metadata.drop_all)\n"
        "        await connection.run_sync(Base.metadata.create_all)\n"
    )


def test_tables_out_of_the_metadata() -> None:
    new = flipped(
        f"{START}def drop():\n    for table in Base.metadata.sorted_tables:\n        table.drop(bind=engine)\n", *FIXERS
    )
    assert new.endswith(
        "async def drop():\n    for table in Base.metadata.sorted_tables:\n"
        "        async with engine.begin() as connection:\n            await connection.run_sync(table.drop)\n"
    )


def test_on_a_connection() -> None:
    new = flipped(
        f"{START}def prepare():\n    with engine.begin() as c:\n        Base.metadata.create_all(c)\n", *FIXERS
    )
    assert new.endswith("    async with engine.begin() as c:\n        await c.run_sync(Base.metadata.create_all)\n")


def test_a_fixture() -> None:
    result = flip(
        {
            "tests/conftest.py": "import pytest\n" + START + "@pytest.fixture\ndef tables():\n"
            "    Base.metadata.create_all(engine)\n    yield\n    Base.metadata.drop_all(engine)\n"
        },
        *FIXERS,
    )
    assert "async def tables():\n    async with engine.begin() as connection:" in result.texts["tests/conftest.py"]


def test_the_engine_of_a_session() -> None:
    new = flipped(
        START + "from sqlalchemy.orm import Session\ndef prepare(db: Session):\n"
        "    Base.metadata.create_all(bind=db.get_bind())\n",
        *FIXERS,
    )
    assert "    async with db.bind.begin() as connection:" in new


def test_the_applications_own_method_of_that_name_is_not_touched() -> None:
    new = flipped(
        START + "class Database:\n    def create_all(self, engine):\n        return 1\n"
        "def prepare(database: Database):\n    database.create_all(engine)\n",
        *FIXERS,
    )
    assert "    database.create_all(engine)\n" in new


def test_inside_of_an_expression_it_is_listed() -> None:
    result = flip(f"{START}def prepare():\n    return Base.metadata.create_all(engine)\n", *FIXERS)
    assert reasons(result, "metadata")


def test_a_second_run_changes_nothing() -> None:
    once = flipped(f"{START}def prepare():\n    Base.metadata.create_all(engine)\n", *FIXERS)
    assert flipped(once.replace("create_engine", "create_async_engine"), *FIXERS) == once.replace(
        "create_engine", "create_async_engine"
    )

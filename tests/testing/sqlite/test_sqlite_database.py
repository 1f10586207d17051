from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text, create_engine, event, insert, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift.definitions import Definition, SQLiteTarget
from greenshift.postgres import DatabaseError, TemplateError
from greenshift.testing.sqlite import SQLiteDatabase, SQLiteFolder, SQLiteTemplate, remove_leftovers

METADATA = MetaData()
PERSON = Table(
    "person", METADATA, Column("id", Integer, primary_key=True), Column("name", Text), sqlite_autoincrement=True
)
PET = Table("pet", METADATA, Column("id", Integer, primary_key=True), Column("owner", ForeignKey("person.id")))
NAMES = select(PERSON.c.name).order_by(PERSON.c.id)


def build(target) -> None:
    assert isinstance(target, SQLiteTarget)
    engine = create_engine(target.url("pysqlite"))
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(insert(PERSON), {"name": "seeded"})
    engine.dispose()


@pytest.fixture
def folder(tmp_path: Path):
    folder = SQLiteFolder.create(tmp_path)
    yield folder
    folder.remove()


@pytest.fixture
def database(folder: SQLiteFolder):
    template = SQLiteTemplate.build(Definition("f", build, "people"), folder)
    database = template.clone()
    yield database
    database.drop()
    template.close()


@pytest.fixture
def engine(database: SQLiteDatabase):
    engine = create_engine(database.url("pysqlite"))
    yield engine
    engine.dispose()


def names(engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(NAMES))


def add(engine, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(insert(PERSON), {"name": name})


@pytest.mark.parametrize("journal", ["delete", "wal", "truncate", "memory"])
def test_a_rewind_is_seen_by_connections_that_a_pool_keeps_open(database, engine, journal):
    event.listen(engine, "connect", lambda raw, _: raw.execute(f"PRAGMA journal_mode = {journal}"))
    for number in range(3):
        add(engine, f"added {number}")
        assert names(engine) == ["seeded", f"added {number}"]
        report = database.rewind()
        assert (report.dirty_tables, report.recloned) == (1, None)
        assert names(engine) == ["seeded"]
    with engine.begin() as connection:
        identity = connection.execute(insert(PERSON), {"name": "again"}).inserted_primary_key
    assert identity == (2,), "the sequence was set back as well"
    assert database.generation == 1


def test_sync_and_async_engines_share_what_is_committed(database, engine):
    async_engine = create_async_engine(database.url("aiosqlite"))

    async def use() -> list[str]:
        async with async_engine.begin() as connection:
            await connection.execute(insert(PERSON), {"name": "async"})
        async with async_engine.connect() as connection:
            found = list(await connection.scalars(NAMES))
        await async_engine.dispose()
        return found

    add(engine, "sync")
    assert asyncio.run(use()) == ["seeded", "sync", "async"]
    assert names(engine) == ["seeded", "sync", "async"]
    database.rewind()
    assert asyncio.run(use()) == ["seeded", "async"]


def test_schema_changes_are_undone(database, engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE person ADD COLUMN age int"))
        connection.execute(text("CREATE TABLE more (id int)"))
        connection.execute(text("DROP TABLE pet"))
    database.rewind()
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"))
        assert list(tables.scalars()) == ["person", "pet", "sqlite_sequence"]
        assert connection.execute(text("SELECT * FROM person")).one()._fields == ("id", "name")


def test_nothing_written_costs_nothing(database, engine):
    names(engine)
    assert database.rewind().dirty_tables == 0
    add(engine, "one")
    assert database.rewind().dirty_tables == 1
    assert database.rewind().dirty_tables == 0


def test_foreign_keys_are_as_the_application_has_them(database, engine):
    with engine.begin() as connection:
        connection.execute(insert(PET), {"owner": 99})
    strict = create_engine(database.url("pysqlite"))
    event.listen(strict, "connect", lambda raw, _: raw.execute("PRAGMA foreign_keys = ON"))
    with pytest.raises(Exception, match="FOREIGN KEY constraint failed"), strict.begin() as connection:
        connection.execute(insert(PET), {"owner": 99})
    strict.dispose()


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "SELECT * FROM person"], ids=["writer", "reader"])
def test_an_open_transaction_is_waited_for_then_left_behind_on_the_old_file(database, engine, statement):
    add(engine, "one")
    leaked = sqlite3.connect(database.path, isolation_level=None)
    cursor = leaked.execute("BEGIN" if "SELECT" in statement else statement)
    cursor = leaked.execute(statement if "SELECT" in statement else "INSERT INTO person (name) VALUES ('late')")
    asked = []
    database.before_reclone.append(lambda: asked.append(True))
    engine.dispose()

    report = database.rewind(wait=0.05)

    assert report.recloned == "a connection stayed in a transaction"
    assert 0.05 <= report.waited_seconds <= report.seconds < 1
    assert asked == [True]
    assert database.generation == 2
    cursor.close()
    # A writer's journal went with the old file: its commit fails.
    with contextlib.suppress(sqlite3.OperationalError):
        leaked.execute("COMMIT")
    assert names(engine) == ["seeded"], "what is committed late does not arrive"
    leaked.close()


def test_owners_that_let_go_keep_the_file(database, engine):
    add(engine, "one")
    leaked = sqlite3.connect(database.path, isolation_level=None)
    leaked.execute("BEGIN IMMEDIATE")
    database.before_reclone.append(leaked.close)
    report = database.rewind()
    assert (report.recloned, database.generation) == (None, 1)
    assert names(engine) == ["seeded"]


def test_a_removed_a_replaced_and_a_damaged_file_are_replaced(database, engine):
    database.path.unlink()
    assert database.rewind().recloned == "the file was removed or replaced"
    other = database.path.with_suffix(".other")
    sqlite3.connect(other).close()
    other.rename(database.path)
    assert database.rewind().recloned == "the file was removed or replaced"
    database.path.write_bytes(b"not a database" * 1000)
    assert database.rewind().recloned is not None
    engine.dispose()
    assert names(engine) == ["seeded"]


def test_an_empty_template(folder):
    template = SQLiteTemplate.build(Definition("f", lambda target: None, "nothing"), folder)
    database = template.clone("empty")
    with database.connect() as connection:
        connection.execute("CREATE TABLE a (id int)")
    connection.close()
    database.rewind()
    with database.connect() as connection:
        assert connection.execute("SELECT * FROM sqlite_master").fetchall() == []
    connection.close()
    database.drop()
    template.close()


def test_a_template_left_in_wal_mode_is_complete(folder):
    def build_wal(target) -> None:
        connection = sqlite3.connect(target.path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE a AS SELECT 7 AS id")
        connection.commit()
        connection.close()

    template = SQLiteTemplate.build(Definition("f", build_wal, "wal"), folder)
    database = template.clone()
    for _ in range(2):
        with database.connect() as connection:
            assert connection.execute("SELECT id FROM a").fetchall() == [(7,)]
            connection.execute("INSERT INTO a VALUES (8)")
        connection.close()
        assert database.rewind().recloned is None
    database.drop()
    template.close()


def test_a_failing_definition_is_one_line(folder):
    def fail(target) -> None:
        raise KeyError("missing")

    with pytest.raises(TemplateError) as caught:
        SQLiteTemplate.build(Definition("f", fail, "setup seeds:load"), folder)
    assert caught.value.problem.startswith("setup seeds:load cannot be built on SQLite: KeyError: 'missing' (")
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_kept_copy_outlives_the_folder(database, engine, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode = WAL"))
    add(engine, "kept")
    command = database.keep("tests/test_a.py::test_b[x y]")
    database.rewind()
    assert command.startswith("sqlite3 ")
    with sqlite3.connect(command.removeprefix("sqlite3 ")) as connection:
        assert connection.execute("SELECT name FROM person").fetchall() == [("seeded",), ("kept",)]
    connection.close()


def test_nothing_is_left_behind(tmp_path):
    folder = SQLiteFolder.create(tmp_path)
    template = SQLiteTemplate.build(Definition("f", build, "people"), folder)
    database = template.clone()
    engine = create_engine(database.url("pysqlite"))
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA journal_mode = WAL"))
    add(engine, "one")
    database.drop()
    database.drop()
    assert sorted(path.name for path in folder.path.iterdir()) == ["lock", "template.sqlite"]
    template.close()
    folder.remove()
    folder.remove()
    engine.dispose()
    assert list(tmp_path.iterdir()) == []


CRASHING = """
import sys, time
from pathlib import Path
from greenshift.definitions import Definition
from greenshift.testing.sqlite import SQLiteFolder, SQLiteTemplate
folder = SQLiteFolder.create(Path(sys.argv[1]))
database = SQLiteTemplate.build(Definition("f", lambda target: None, "nothing"), folder).clone()
connection = database.connect()
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("CREATE TABLE a (id int)")
print(folder.path, flush=True)
time.sleep(60)
"""


def test_the_files_of_a_killed_process_go_at_the_next_start_and_those_of_a_living_one_stay(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", CRASHING, tmp_path], stdout=subprocess.PIPE, text=True)
    left = Path(process.stdout.readline().strip())
    try:
        SQLiteFolder.create(tmp_path).remove()
        assert (left / "database.sqlite-wal").exists(), "its process lives"
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    folder = SQLiteFolder.create(tmp_path)
    assert not left.exists()
    assert folder.path.exists()
    folder.remove()


def test_unfinished_folders_go_after_a_minute_and_foreign_files_stay(tmp_path):
    fresh, old = tmp_path / "greenshift-new-sqlite-a", tmp_path / "greenshift-new-sqlite-b"
    fresh.mkdir()
    old.mkdir()
    os.utime(old, (time.time() - 120, time.time() - 120))
    (tmp_path / "greenshift-sqlite-link").symlink_to(fresh)
    assert remove_leftovers(tmp_path) == [old]
    assert fresh.exists()


def test_a_folder_that_cannot_be_made_is_one_line_with_a_fix(tmp_path):
    with pytest.raises(DatabaseError) as caught:
        SQLiteFolder.create(tmp_path / "none")
    assert caught.value.problem == f"no SQLite file can be made in {tmp_path / 'none'}: No such file or directory"

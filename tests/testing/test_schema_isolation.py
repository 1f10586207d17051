from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from postgres.schemas.schema_fixtures import schemas_of, shared
from testing.conftest import Project

from greenshift.postgres import Server, ServerSettings, open_server

__all__ = ["shared"]

COUNTING = """
    from sqlalchemy import func, select, text
    from shop.database import Session
    from shop.models import Customer

    COUNT = select(func.count()).select_from(Customer)
"""


@pytest.fixture(scope="module", params=["embedded", "installed"])
def both_servers(request: pytest.FixtureRequest) -> Iterator[Server]:
    server = open_server(ServerSettings(provider=request.param))
    yield server
    server.stop()


@pytest.fixture
def any_server(request: pytest.FixtureRequest) -> Server:
    """The server that ``shared`` is on: both versions for a test that asks for them, else the session's."""
    name = "both_servers" if "both_servers" in request.fixturenames else "server"
    server = request.getfixturevalue(name)
    assert isinstance(server, Server)
    return server


@pytest.fixture
def schema_project(project: Project, shared: Server, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", shared.url())
    project.configure('isolation = "schema"')
    return project


@pytest.mark.usefixtures("both_servers")
def test_commits_ddl_seeds_and_search_paths(schema_project: Project, shared: Server, any_server: Server) -> None:
    with any_server.connect(shared.maintenance_database) as connection:
        connection.execute("CREATE TABLE customer (id serial PRIMARY KEY, name text)")
        connection.execute(f"GRANT ALL ON customer TO {shared.address.user}".encode())
    schema_project.configure('isolation = "schema"\nseed = ["seed.sql"]')
    schema_project.write("seed.sql", "INSERT INTO customer (id, name) VALUES (100, 'seeded');\n")
    schema_project.check(
        COUNTING
        + """
    import psycopg
    import pytest
    from sqlalchemy import create_engine
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    @pytest.mark.parametrize("turn", range(3))
    async def test_commits(turn, db_session, async_db_session, async_client):
        customer = Customer(name="anna")
        db_session.add(customer)
        db_session.commit()
        assert customer.id == 1
        assert (await async_client.post("/customers/berta")).json() == {"id": 2}
        assert await async_db_session.scalar(COUNT) == 3

    def test_ddl(db_session):
        db_session.execute(text("ALTER TABLE customer ADD COLUMN age int"))
        db_session.commit()

    async def test_ddl_is_undone(async_db_session):
        columns = "select count(*) from information_schema.columns where table_name = 'customer' "
        columns += "and table_schema = current_schema()"
        assert await async_db_session.scalar(text(columns)) == 2

    def test_seeded_rows(db_session):
        db_session.execute(text("UPDATE customer SET name = 'changed'"))
        db_session.commit()

    def test_seeded_rows_are_back(db_session):
        assert list(db_session.scalars(select(Customer.name))) == ["seeded"]

    @pytest.mark.db
    @pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
    async def test_an_engine_made_from_parts_finds_it(db, driver):
        url = db.url(driver).partition("?")[0] + "?" + "&".join(
            part for part in db.url(driver).partition("?")[2].split("&") if not part.startswith("options")
        )
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            assert await connection.scalar(text("select current_schema()")) == db.name

    @pytest.mark.db(no_queries_ok=True)
    def test_an_engine_with_a_path_of_its_own_does_not_count(db, db_queries):
        options = {"options": "-csearch_path=public"}
        engine = create_engine(db.url("psycopg"), poolclass=NullPool, connect_args=options)
        with engine.connect() as connection:
            assert connection.scalar(text("select count(*) from customer")) == 0
        assert list(db_queries) == []

    def test_an_engine_with_a_creator_counts(db, db_queries):
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(db.url()), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO customer (name) VALUES ('anna')"))
        assert len(list(db_queries)) == 1

    def test_building_anew_is_nobodys_sql(db, db_queries, db_session):
        db_session.scalar(COUNT)
        db_session.close()
        db.reclone()
        assert len(list(db_queries)) == 1
    """,
        "-W",
        "error",
        passed=12,
    )
    assert schemas_of(shared) == []
    with any_server.connect(shared.maintenance_database) as connection:
        assert connection.execute("SELECT count(*), max(id) FROM customer").fetchone() == (0, None)
        assert connection.execute("SELECT nextval('customer_id_seq')").fetchone() == (1,)


def test_workers_have_a_schema_each(schema_project: Project, shared: Server) -> None:
    schema_project.check(
        COUNTING
        + """
    import pytest

    @pytest.mark.parametrize("turn", range(12))
    async def test_commits(turn, async_db_session, db):
        assert db.name.endswith(("gw0", "gw1"))
        assert await async_db_session.scalar(COUNT) == 0
        async_db_session.add(Customer(name="anna"))
        await async_db_session.commit()
    """,
        "-n",
        "2",
        passed=12,
    )
    assert schemas_of(shared) == []


def test_two_runs_at_once_do_not_meet(schema_project: Project, shared: Server) -> None:
    schema_project.write(
        "test_shop.py",
        COUNTING
        + """
    import os, pathlib, time

    def test_commits(db_session):
        db_session.add(Customer(name="anna"))
        db_session.commit()
        pathlib.Path(f"here-{os.getpid()}").touch()
        deadline = time.monotonic() + 60
        while len(list(pathlib.Path().glob("here-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        schemas = "select count(*) from pg_namespace where nspname like 'greenshift%'"
        assert db_session.scalar(text(schemas)) == 2
        assert db_session.scalar(COUNT) == 1
        pathlib.Path(f"seen-{os.getpid()}").touch()
        while len(list(pathlib.Path().glob("seen-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)

    def test_clean(db_session):
        assert db_session.scalar(COUNT) == 0
    """,
    )
    runs = [
        subprocess.Popen([sys.executable, "-m", "pytest", "-q"], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for run in runs:
        output = run.communicate(timeout=120)[0]
        assert "2 passed" in output, output
    assert schemas_of(shared) == []


def test_leftovers_of_a_killed_run_go_with_a_later_one(schema_project: Project, shared: Server) -> None:
    schema_project.write(
        "test_killed.py",
        """
        import os, signal

        def test_killed(db_session, db):
            open("name", "w").write(db.name)
            os.kill(os.getpid(), signal.SIGKILL)
        """,
    )
    assert schema_project.run("test_killed.py").ret == -9
    name = (schema_project.pytester.path / "name").read_text()
    tests = (
        "def test_nothing(db_session, db):\n    db_session.connection()\n    assert db.connect().execute('select 1')\n"
    )
    schema_project.check(
        tests + "    db_session.execute(__import__('sqlalchemy').text('select 1'))\n", "test_shop.py", passed=1
    )
    assert schemas_of(shared) == [name]
    _make_older(shared, name)
    schema_project.run("test_shop.py").assert_outcomes(passed=1)
    assert schemas_of(shared) == []


def _make_older(shared: Server, name: str) -> None:
    with shared.connect() as connection:
        row = connection.execute(f"SELECT obj_description('{name}'::regnamespace)".encode()).fetchone()
        assert row is not None
        marker = json.loads(str(row[0]))
        marker["created"] = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
        connection.execute(f"COMMENT ON SCHEMA {name} IS '{json.dumps(marker)}'".encode())
        deadline = time.monotonic() + 10
        others = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        while connection.execute(others.encode()).fetchone() != (0,) and time.monotonic() < deadline:
            time.sleep(0.02)


def test_a_leak_and_another_mode_fail_their_own_test_only(schema_project: Project, shared: Server) -> None:
    result = schema_project.check(
        COUNTING
        + """
    import psycopg
    import pytest

    kept = []

    @pytest.mark.db(no_queries_ok=True)
    def test_leaky(db):
        connection = psycopg.connect(db.url(), application_name="leaky")
        connection.execute("INSERT INTO customer (name) VALUES ('anna')")
        kept.append(connection)

    def test_pooled_leak(db_engine, db_session):
        db_session.scalar(COUNT)
        connection = db_engine.connect()
        connection.execute(text("INSERT INTO customer (name) VALUES ('berta')"))
        kept.append(connection)

    @pytest.mark.parametrize("turn", [1, 2])
    @pytest.mark.db(isolation="clone")
    def test_clone(turn, db):
        pass

    def test_clean(db_session):
        assert db_session.scalar(COUNT) == 0
    """,
        passed=3,
        errors=4,
    )
    output = result.stdout.str()
    assert "leaky), last statement: INSERT INTO customer (name) VALUES ('anna'); it was terminated" in output
    assert "last statement: INSERT INTO customer (name) VALUES ('berta')" in output
    assert "isolation 'clone' cannot be had where the suite's isolation is 'schema'" in output


def test_a_failed_test_keeps_its_schema(schema_project: Project, shared: Server) -> None:
    result = schema_project.check(
        COUNTING
        + """
    def test_fails(db_session):
        db_session.add(Customer(name="anna"))
        db_session.commit()
        assert db_session.scalar(COUNT) == 2

    def test_clean(db_session):
        assert db_session.scalar(COUNT) == 0
    """,
        "--db-keep-failed",
        passed=1,
        failed=1,
    )
    (kept,) = schemas_of(shared)
    assert f"search_path={kept},public" in result.stdout.str()
    with psycopg.connect(shared.url()) as connection:
        assert connection.execute(f"SELECT name FROM {kept}.customer".encode()).fetchall() == [("anna",)]


def test_migrations_that_read_the_variable_land_in_the_schema(schema_project: Project, shared: Server) -> None:
    folder = schema_project.pytester.path
    schema_project.pytester.makefile(
        ".toml",
        pyproject=(folder / "pyproject.toml")
        .read_text()
        .replace('metadata = "shop.models:Base"', 'alembic = "alembic.ini"'),
    )
    schema_project.write("alembic.ini", "[alembic]\nscript_location = migrations\n")
    schema_project.write(
        "migrations/env.py",
        """
        import asyncio
        import os
        from alembic import context
        from sqlalchemy.ext.asyncio import create_async_engine

        def migrate(connection):
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

        async def main():
            engine = create_async_engine(os.environ["DATABASE_URL"])
            async with engine.connect() as connection:
                await connection.run_sync(migrate)
            await engine.dispose()

        asyncio.run(main())
        """,
    )
    schema_project.write(
        "migrations/versions/one.py",
        """
        import sqlalchemy as sa
        from alembic import op

        revision, down_revision = "one", None

        def upgrade():
            op.create_table("customer", sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.Text))
        """,
    )
    schema_project.check(
        COUNTING
        + """
    import pytest

    @pytest.mark.parametrize("turn", range(2))
    async def test_commits(turn, async_db_session, db):
        async_db_session.add(Customer(name="anna"))
        await async_db_session.commit()
        assert await async_db_session.scalar(COUNT) == 1
        where = "select relnamespace::regnamespace::text from pg_class where relname in ('customer', 'alembic_version')"
        assert set(await async_db_session.scalars(text(where))) == {db.name}
    """,
        passed=2,
    )


REFUSED = {
    "metadata with a schema": (
        'metadata = "models:metadata"',
        "from sqlalchemy import Column, Integer, MetaData, Table\n"
        "metadata = MetaData()\nTable('entry', metadata, Column('id', Integer), schema='audit')\n",
        "the table audit.entry names a schema",
    ),
    "a type with a schema": (
        'metadata = "models:metadata"',
        "from sqlalchemy import Column, Enum, MetaData, Table\n"
        "metadata = MetaData()\nTable('entry', metadata, Column('mood', Enum('a', name='mood', schema='audit')))\n",
        "the column entry.mood uses something in the schema 'audit'",
    ),
    "a dump": (
        'sql = ["schema.sql"]',
        "\n\nCREATE TABLE public.entry (id int);\n",
        "schema.sql:3 names the schema public",
    ),
    "an index elsewhere": (
        'sql = ["schema.sql"]',
        'CREATE UNIQUE INDEX i ON "Other".entry (id);\n',
        'schema.sql:1 names the schema "Other"',
    ),
    "a search path": (
        'sql = ["schema.sql"]',
        "SELECT pg_catalog.set_config('search_path', '', false);\n",
        "schema.sql:1 sets a search path",
    ),
    "a missing extension": (
        'sql = ["schema.sql"]',
        "CREATE EXTENSION IF NOT EXISTS citext;\nCREATE TABLE a (t citext);\n",
        "the extension citext is not in this database",
    ),
    "nothing": ('sql = ["schema.sql"]', "SELECT 1;\n", "made nothing in the schema greenshift_"),
    "a function that leaves": (
        'setup = "models:load"',
        "from sqlalchemy import text\ndef load(connection):\n    connection.execute(text('CREATE SCHEMA elsewhere'))\n",
        "made schema elsewhere outside of the tests' schema",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_land_elsewhere_is_refused(schema_project: Project, shared: Server, name: str) -> None:
    key, content, message = REFUSED[name]
    folder = schema_project.pytester.path
    table = (folder / "pyproject.toml").read_text().replace('metadata = "shop.models:Base"', key)
    schema_project.pytester.makefile(".toml", pyproject=table)
    (folder / ("schema.sql" if "sql" in key else "models.py")).write_text(content)
    schema_project.write("test_shop.py", "def test_it(db_session):\n    pass\n")
    result = schema_project.run()
    output = result.stdout.str() + result.stderr.str()
    assert message in output
    assert "Traceback" not in output
    assert result.ret != 0
    assert schemas_of(shared) == []

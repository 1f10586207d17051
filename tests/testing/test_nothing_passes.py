"""Nothing passes from one test to the next over a pooled connection."""

from __future__ import annotations

from testing.conftest import Project


def test_session_state_of_pooled_connections(project: Project) -> None:
    project.check(
        """
        import pytest
        from sqlalchemy import text
        from shop.database import Session

        pytestmark = pytest.mark.asyncio(loop_scope="session")

        DIRT = [
            "set search_path to pg_catalog",
            "set session statement_timeout = 12345",
            "select set_config('app.tenant', 'acme', false)",
            "create temporary table scratch (a int)",
            "select pg_advisory_lock(42)",
            "listen news",
            "set role pg_monitor",
            "prepare plan as select 1",
        ]

        @pytest.mark.parametrize("dirt", DIRT)
        async def test_async_dirt(dirt):
            async with Session() as session:
                await session.execute(text(dirt))
                await session.commit()

        @pytest.mark.parametrize("dirt", DIRT)
        def test_sync_dirt(dirt, db_session):
            db_session.execute(text(dirt))
            db_session.commit()

        CHECK = text('''
            select current_setting('search_path'), current_setting('statement_timeout'),
                   coalesce(current_setting('app.tenant', true), ''), to_regclass('pg_temp.scratch')::text,
                   pg_try_advisory_lock(42), (select count(*) from pg_listening_channels()),
                   current_user = session_user, (select count(*) from pg_prepared_statements where name = 'plan')
        ''')
        CLEAN = ('"$user", public', "0", "", None, True, 0, True, 0)

        async def test_async_clean():
            async with Session() as session:
                assert tuple((await session.execute(CHECK)).one()) == CLEAN

        def test_sync_clean(db_session):
            assert tuple(db_session.execute(CHECK).one()) == CLEAN
        """,
        passed=18,
    )


def test_settings_made_when_connecting_stay(project: Project) -> None:
    project.check(
        """
        from sqlalchemy import event, text
        from shop.database import Session, engine

        @event.listens_for(engine.sync_engine, "connect")
        def connected(connection, record):
            cursor = connection.cursor()
            cursor.execute("set statement_timeout = 777")
            cursor.close()
            connection.commit()

        async def test_one():
            async with Session() as session:
                assert await session.scalar(text("show statement_timeout")) == "777ms"
                await session.execute(text("set statement_timeout = 888"))
                await session.commit()

        async def test_two():
            async with Session() as session:
                assert await session.scalar(text("show statement_timeout")) == "777ms"
        """,
        passed=2,
    )


def test_prepared_transactions_and_cached_ids(project: Project) -> None:
    project.write(
        "shop/schema.sql", "create sequence cached cache 20; create table t (id int default nextval('cached'));"
    )
    project.pytester.makefile(
        ".toml",
        pyproject="""
        [tool.greenshift]
        sql = "shop/schema.sql"
        [tool.pytest.ini_options]
        addopts = "-p no:randomly"
        """,
    )
    project.check(
        """
        import pytest
        from sqlalchemy import text

        @pytest.mark.parametrize("turn", range(3))
        def test_ids(turn, db_session):
            assert db_session.scalar(text("insert into t default values returning id")) == 1
            db_session.commit()

        def test_prepare(db_engine):
            with db_engine.connect() as connection:
                transaction = connection.begin_twophase()
                connection.execute(text("insert into t default values"))
                transaction.prepare()
                connection.detach()

        def test_prepared_is_gone(db_session):
            assert db_session.scalar(text("select count(*) from pg_prepared_xacts")) == 0
            assert db_session.scalar(text("insert into t default values returning id")) == 1
        """,
        passed=5,
    )


def test_ddl_in_a_test_is_undone_for_the_applications_pool(project: Project) -> None:
    project.check(
        """
        import pytest
        from sqlalchemy import text
        from shop.database import Session

        pytestmark = pytest.mark.asyncio(loop_scope="session")

        @pytest.mark.parametrize("turn", range(3))
        async def test_ddl(turn, db_session):
            async with Session() as session:
                await session.execute(text("alter table customer add column age int"))
                await session.execute(text("create table extra (a int)"))
                await session.commit()
            db_session.execute(text("insert into customer (name, age) values ('anna', 3)"))
            db_session.commit()

        async def test_gone(db_session):
            columns = text("select count(*) from information_schema.columns where column_name = 'age'")
            assert db_session.scalar(columns) == 0
            async with Session() as session:
                assert await session.scalar(text("select to_regclass('extra')")) is None
        """,
        passed=4,
    )

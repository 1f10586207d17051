from __future__ import annotations

import pytest
from testing.conftest import Project


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_rollback_shares_one_transaction(project: Project, driver: str) -> None:
    project.configure('isolation = "rollback"')
    project.check(
        """
        import pytest
        from sqlalchemy import func, select
        from sqlalchemy.exc import IntegrityError
        from shop.models import Customer

        COUNT = select(func.count()).select_from(Customer)

        async def test_what_one_commits_the_other_reads(db_session, async_db_session, db):
            db_session.add(Customer(name="sync"))
            db_session.commit()
            assert await async_db_session.scalar(COUNT) == 1
            async_db_session.add(Customer(name="async"))
            await async_db_session.commit()
            assert db_session.scalar(COUNT) == 2
            with db.connect() as outside:
                assert outside.execute("select count(*) from customer").fetchone() == (0,)

        async def test_nothing_is_left(db_session, async_db_session):
            assert db_session.scalar(COUNT) == 0
            customer = Customer(name="anna")
            async_db_session.add(customer)
            await async_db_session.commit()
            await async_db_session.refresh(customer)
            assert customer.id == 1

        async def test_an_error_is_survived(db_session, async_db_session):
            db_session.add(Customer(name="anna"))
            db_session.commit()
            async_db_session.add(Customer(name="anna"))
            with pytest.raises(IntegrityError):
                await async_db_session.commit()
            await async_db_session.rollback()
            assert await async_db_session.scalar(COUNT) == 1

        @pytest.mark.db(isolation="rewind")
        def test_another_mode_for_one_test(db_session, db):
            db_session.add(Customer(name="sync"))
            db_session.commit()
            with db.connect() as outside:
                assert outside.execute("select count(*) from customer").fetchone() == (1,)

        def test_and_back(db_session):
            assert db_session.scalar(COUNT) == 0
        """,
        f"--db-driver={driver}",
        "-W",
        "error",
        passed=5,
    )


def test_a_clone_for_one_test(project: Project) -> None:
    project.check(
        """
        import pytest
        from sqlalchemy import text
        from shop.database import Session

        urls = []

        @pytest.mark.parametrize("turn", range(4))
        @pytest.mark.db(isolation="clone")
        async def test_schema_change(turn, db, db_session):
            urls.append(db.url())
            db_session.execute(text("alter table customer rename to client"))
            db_session.execute(text("insert into client (name) values ('anna')"))
            db_session.commit()
            async with Session() as session:
                assert await session.scalar(text("select id from client")) == 1

        def test_afterwards(db_session, db):
            assert set(urls) == {db.url()}
            assert db_session.scalar(text("select count(*) from customer")) == 0
        """,
        "-W",
        "error",
        passed=5,
    )


def test_a_clone_replaces_a_database_with_a_prepared_transaction(project: Project) -> None:
    project.configure('isolation = "clone"')
    project.check(
        """
        from sqlalchemy import text

        def test_prepare(db_engine):
            with db_engine.connect() as connection:
                transaction = connection.begin_twophase()
                connection.execute(text("insert into customer (name) values ('anna')"))
                transaction.prepare()
                connection.detach()

        def test_next(db_session):
            assert db_session.scalar(text("select count(*) from pg_prepared_xacts")) == 0
            db_session.execute(text("insert into customer (name) values ('anna')"))
            db_session.commit()
        """,
        passed=2,
    )


def test_schema_mode_needs_no_right_to_create_databases(project: Project, server: object) -> None:
    from greenshift.postgres import Server

    assert isinstance(server, Server)
    with server.connect() as connection:
        connection.execute("create role modest login")
        connection.execute("create database modest owner modest")
    try:
        url = server.url("modest").replace("postgres@", "modest@")
        project.configure('isolation = "schema"')
        project.check(
            """
            import pytest
            from sqlalchemy import func, select, text
            from shop.database import Session
            from shop.models import Customer

            COUNT = select(func.count()).select_from(Customer)

            @pytest.mark.parametrize("turn", range(3))
            async def test_commits(turn, db_session, async_db_session):
                customer = Customer(name="anna")
                db_session.add(customer)
                db_session.commit()
                assert customer.id == 1
                assert await async_db_session.scalar(COUNT) == 1
                async with Session() as session:
                    assert await session.scalar(COUNT) == 1
                    assert (await session.scalar(text("show search_path"))).startswith("greenshift_")

            def test_nothing_in_public(db_session):
                assert db_session.scalar(text("select to_regclass('public.customer')")) is None
                assert db_session.scalar(COUNT) == 0
            """,
            f"--db-url={url}",
            passed=4,
        )
        with server.connect("modest") as connection:
            left = connection.execute("select nspname from pg_namespace where nspname like 'greenshift%'").fetchall()
        assert left == []
    finally:
        with server.connect() as connection:
            connection.execute("drop database modest with (force)")
            connection.execute("drop role modest")


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_sqlite(pytester: pytest.Pytester, mode: str) -> None:
    project = Project(pytester)
    project.configure('driver = "sqlite"', mode=mode)
    (pytester.path / "shop" / "database.py").write_text(
        (pytester.path / "shop" / "database.py").read_text().replace(", pool_size=3", "")
    )
    project.check(
        """
        import os
        import pytest
        from fastapi.testclient import TestClient
        from sqlalchemy import func, select
        from shop.database import Session
        from shop.main import app
        from shop.models import Customer

        COUNT = select(func.count()).select_from(Customer)

        @pytest.mark.parametrize("turn", range(3))
        @pytest.mark.asyncio
        async def test_commits(turn, db_session, async_db_session, async_client):
            assert os.environ["DATABASE_URL"].startswith("sqlite+aiosqlite:///")
            db_session.add(Customer(name="anna"))
            db_session.commit()
            assert await async_db_session.scalar(COUNT) == 1
            assert (await async_client.post("/customers/berta")).json() == {"id": 2}
            assert db_session.scalar(COUNT) == 2

        @pytest.mark.parametrize("turn", range(2))
        def test_client(turn, db_session):
            with TestClient(app) as client:
                assert client.post("/customers/anna").json() == {"id": 1}
            assert db_session.scalar(COUNT) == 1
        """,
        "-p",
        "no:cacheprovider",
        passed=5,
    )
    suffixes = {path.suffix for path in pytester.path.rglob("*") if path.is_file() and "__pycache__" not in str(path)}
    assert suffixes - {""} == {".py", ".toml"}  # what pytester keeps of the output has no suffix


def test_the_server_may_be_chosen(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GREENSHIFT_DATABASE_URL")
    result = project.check(
        """
        from sqlalchemy import text

        def test_version(db_session):
            assert int(db_session.scalar(text("show server_version_num"))) // 10000 < 18
        """,
        "--db-server=installed",
        "--db-report",
        passed=1,
    )
    result.stdout.fnmatch_lines(["server: PostgreSQL * (installed)*"])

from __future__ import annotations

from testing.conftest import Project

EVERYBODY_SEES = """
import asyncio, os, subprocess, sys, threading
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, text
from shop.database import Session as AppSession
from shop.main import app
from shop.models import Customer

COUNT = select(func.count()).select_from(Customer)

@pytest.fixture
def written(db_session):
    db_session.add(Customer(name="from a sync fixture"))
    db_session.commit()

def test_sync(written, db_session, db_session_factory, db, db_engine):
    assert db_session.scalar(COUNT) == 1
    with db_session_factory() as other:
        assert other.scalar(COUNT) == 1
    with db_engine.connect() as connection:
        assert connection.scalar(COUNT) == 1
    with db.connect() as raw:
        assert raw.execute("select count(*) from customer").fetchone() == (1,)

async def test_both_halves_in_one_test(written, db_session, async_db_session, async_db_engine):
    assert await async_db_session.scalar(COUNT) == 1
    async_db_session.add(Customer(name="from the async session"))
    await async_db_session.commit()
    assert db_session.scalar(COUNT) == 2
    async with AppSession() as session:
        assert await session.scalar(COUNT) == 2
    async with async_db_engine.connect() as connection:
        assert await connection.scalar(COUNT) == 2

async def test_gather_over_sessions(async_db_session_factory, db_session):
    async def write(number):
        async with async_db_session_factory() as session:
            session.add(Customer(name=f"number {number}"))
            await session.commit()
    await asyncio.gather(*(write(number) for number in range(40)))
    assert db_session.scalar(COUNT) == 40

async def test_gather_again_on_another_loop(async_db_session_factory):
    async def write(number):
        async with async_db_session_factory() as session:
            session.add(Customer(name=f"number {number}"))
            await session.commit()
    await asyncio.gather(*(write(number) for number in range(40)))
    async with async_db_session_factory() as session:
        assert await session.scalar(COUNT) == 40

def test_test_client(written, db_session):
    with TestClient(app) as client:
        assert client.get("/customers").json() == ["from a sync fixture"]
        assert client.post("/customers/anna").status_code == 200
    assert db_session.scalar(COUNT) == 2

async def test_async_client(written, async_client, db_session):
    from shop import main
    assert main.started[-1] == "up"
    assert (await async_client.get("/customers")).json() == ["from a sync fixture"]
    assert (await async_client.post("/customers/anna")).status_code == 200
    assert db_session.scalar(COUNT) == 2

def test_lifespan_has_ended():
    from shop import main
    assert main.started[-2:] == ["up", "down"]

def test_threads(written, db_session_factory, db_session):
    def write(number):
        with db_session_factory() as session:
            assert session.scalar(COUNT) >= 1
            session.add(Customer(name=f"thread {number}"))
            session.commit()
    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert db_session.scalar(COUNT) == 5

def test_child_process(written, db_session):
    script = '''
import asyncio
from sqlalchemy import func, select
from shop.database import Session, engine
from shop.models import Customer
async def main():
    async with Session() as session:
        print(await session.scalar(select(func.count()).select_from(Customer)))
        session.add(Customer(name="child"))
        await session.commit()
    await engine.dispose()
asyncio.run(main())
'''
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
    assert db_session.scalar(COUNT) == 2

def test_ids_begin_anew(db_session):
    customer = Customer(name="first")
    db_session.add(customer)
    db_session.commit()
    assert customer.id == 1

@pytest.mark.db
def test_only_the_application_is_used():
    with TestClient(app) as client:
        assert client.post("/customers/anna").json() == {"id": 1}

def test_unmarked_test_through_the_application():
    with TestClient(app) as client:
        assert client.post("/customers/anna").json() == {"id": 1}

def test_nothing_is_left(db_session):
    assert db_session.scalar(COUNT) == 0
"""


def test_everybody_sees_the_same_committed_data_and_nothing_is_left_with_asyncpg(project: Project) -> None:
    project.check(EVERYBODY_SEES, passed=13)


def test_everybody_sees_the_same_committed_data_and_nothing_is_left_with_psycopg(project: Project) -> None:
    project.check(EVERYBODY_SEES, "--db-driver=psycopg", passed=13)


def test_everybody_sees_the_same_committed_data_when_every_test_has_a_clone(project: Project) -> None:
    project.check(EVERYBODY_SEES, "--db-isolation=clone", passed=13)


def test_a_project_without_configuration_gets_an_empty_database(project: Project) -> None:
    project.pytester.makefile(".toml", pyproject="")
    project.check(
        """
        from sqlalchemy import text

        def test_one(db_session):
            db_session.execute(text("create table t (a int)"))
            db_session.commit()

        def test_two(db_session):
            assert db_session.scalar(text("select to_regclass('t')")) is None
        """,
        passed=2,
    )


def test_a_projects_own_fixture_wins(project: Project) -> None:
    project.check(
        """
        import pytest

        @pytest.fixture
        def db_session():
            return "mine"

        def test_own(db_session):
            assert db_session == "mine"
        """,
        passed=1,
    )


def test_unittest_classes(project: Project) -> None:
    project.check(
        """
        import unittest
        import pytest
        from sqlalchemy import func, select
        from shop.database import Session as AppSession
        from shop.models import Customer

        class TestPlain(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _session(self, db_session):
                self.session = db_session

            def test_one(self):
                self.session.add(Customer(name="one"))
                self.session.commit()

            def test_two(self):
                self.assertEqual(self.session.scalar(select(func.count()).select_from(Customer)), 0)

        class TestAsync(unittest.IsolatedAsyncioTestCase):
            async def test_one(self):
                async with AppSession() as session:
                    session.add(Customer(name="one"))
                    await session.commit()

            async def test_two(self):
                async with AppSession() as session:
                    self.assertEqual(await session.scalar(select(func.count()).select_from(Customer)), 0)

        class TestPytestStyle:
            def test_one(self, db_session):
                db_session.add(Customer(name="one"))
                db_session.commit()

            async def test_two(self, async_db_session):
                assert await async_db_session.scalar(select(func.count()).select_from(Customer)) == 0
        """,
        passed=6,
    )

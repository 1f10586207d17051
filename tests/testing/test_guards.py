"""A guard fails the test that caused it, and never a later one."""

from __future__ import annotations

import pytest
from testing.conftest import Project


def test_a_leaked_connection_is_named_and_the_next_test_is_clean(project: Project) -> None:
    result = project.check(
        """
        from sqlalchemy import func, select, text
        from shop.models import Customer

        kept = []

        def test_leak(db_session_factory):
            session = db_session_factory()
            session.add(Customer(name="left open"))
            session.flush()
            kept.append(session)

        def test_next(db_session):
            assert db_session.scalar(select(func.count()).select_from(Customer)) == 0
            db_session.add(Customer(name="left open"))
            db_session.commit()
        """,
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_leak*",
            "*this test left a connection with a transaction open*test_shop.py:10*INSERT INTO customer*",
        ]
    )


def test_a_leaked_async_connection_is_named(project: Project) -> None:
    result = project.check(
        """
        import pytest
        from sqlalchemy import text
        from shop.database import Session

        kept = []

        @pytest.mark.asyncio(loop_scope="session")
        async def test_leak():
            session = Session()
            await session.execute(text("select 42"))
            kept.append(session)

        @pytest.mark.asyncio(loop_scope="session")
        async def test_next(async_db_session):
            assert await async_db_session.scalar(text("select 1")) == 1
        """,
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_leak*", "*this test left a connection*select 42*"])


def test_a_raw_connection_idle_in_transaction_is_named_and_terminated(project: Project) -> None:
    result = project.check(
        """
        import psycopg

        kept = []

        def test_leak(db):
            connection = psycopg.connect(db.url(), application_name="my script")
            connection.execute("lock table customer")
            kept.append(connection)

        def test_next(db):
            with db.connect() as connection:
                connection.execute("insert into customer (name) values ('anna')")
        """,
        passed=2,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*this test left a session idle in transaction*my script*lock table customer*"])


def test_a_connection_of_a_wider_fixture_is_no_leak(project: Project) -> None:
    project.check(
        """
        import pytest
        from sqlalchemy import create_engine, text

        @pytest.fixture(scope="module")
        def listener():
            import os
            engine = create_engine(os.environ["DATABASE_URL"].replace("asyncpg", "psycopg"))
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
            engine.dispose()

        def test_one(listener, db_session):
            assert listener.scalar(text("select 1")) == 1
            assert db_session.scalar(text("select 1")) == 1

        def test_two(listener):
            assert listener.scalar(text("select 1")) == 1
        """,
        passed=2,
    )


def test_a_wide_fixture_that_writes_is_warned_of(project: Project) -> None:
    result = project.check(
        """
        import os
        import pytest
        from sqlalchemy import create_engine, text

        @pytest.fixture(scope="module")
        def rows():
            engine = create_engine(os.environ["DATABASE_URL"].replace("asyncpg", "psycopg"))
            with engine.begin() as connection:
                connection.execute(text("insert into customer (name) values ('shared')"))
            engine.dispose()

        @pytest.fixture
        def own(db_session):
            db_session.execute(text("insert into customer (name) values ('own')"))
            db_session.commit()

        def test_one(rows, own, db_session):
            assert db_session.scalar(text("select count(*) from customer")) == 2

        def test_two(rows, own, db_session):
            assert db_session.scalar(text("select count(*) from customer")) == 1
        """,
        passed=2,
        warnings=1,
    )
    result.stdout.fnmatch_lines(["*WideFixtureWarning: fixture 'rows' (scope='module') wrote to the database*"])


def test_a_database_test_without_sql_fails(project: Project) -> None:
    result = project.check(
        """
        import pytest

        @pytest.mark.db
        def test_marked(): pass

        def test_session(db_session): pass

        @pytest.mark.db(no_queries_ok=True)
        def test_meant(db_session): pass

        @pytest.fixture
        def indirect(db_session): return db_session

        def test_indirect(indirect): pass

        def test_skipped(db_session): pytest.skip("not today")

        async def test_client(async_client):
            assert (await async_client.get("/health")).status_code == 200

        @pytest.mark.db
        def test_driver_alone(db):
            with db.connect() as connection:
                connection.execute("insert into customer (name) values ('anna')")
        """,
        passed=6,
        skipped=1,
        errors=2,
    )
    result.stdout.fnmatch_lines(["*this database test sent no SQL*"])


def test_query_budgets(project: Project) -> None:
    result = project.check(
        """
        import pytest
        from sqlalchemy import text

        def test_within(db_session, db_queries):
            with db_queries.expect(max=2, min=1) as window:
                db_session.execute(text("select 1"))
            assert window.count == 1
            with db_queries.expect(exactly=0):
                pass

        def test_beyond(db_session, db_queries):
            with db_queries.expect(max=1):
                db_session.execute(text("select 11"))
                db_session.execute(text("select 22"))

        async def test_async(async_client, db_queries):
            with db_queries.expect(exactly=1) as window:
                await async_client.get("/customers")
            assert "customer" in window.statements[0].sql
            assert window.statements[0].call_site.function == "index"

        def test_no_budget(db_session, db_queries):
            db_session.execute(text("select 1"))
            with pytest.raises(TypeError):
                with db_queries.expect(): pass
        """,
        passed=3,
        failed=1,
    )
    result.stdout.fnmatch_lines(["*2 statements were sent, at most 1 expected*", "*1. select 11*test_shop.py:*"])


THREAD = """
import threading

def start(write):
    threading.Thread(target=lambda: (time.sleep({delay}), write("late")), name="slow writer").start()
"""

PROCESS = """
import subprocess, sys

SCRIPT = '''
import os, time, psycopg
time.sleep({delay})
url = os.environ["DATABASE_URL"].replace("+asyncpg", "")
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute("insert into customer (name) values (\'late\')")
'''

def start(write):
    subprocess.Popen([sys.executable, "-c", SCRIPT])
"""

AROUND_WORK = """
import time
from sqlalchemy import func, select
from shop.models import Customer

def test_starts_work(db_session_factory, db_session):
    db_session.scalar(select(1))
    def write(name):
        with db_session_factory() as session:
            session.add(Customer(name=name))
            session.commit()
    start(write)

def test_next(db_session):
    for _ in range(10):
        assert db_session.scalar(select(func.count()).select_from(Customer)) == 0
        db_session.rollback()
        time.sleep(0.1)
"""


@pytest.mark.parametrize("start", [THREAD, PROCESS], ids=["thread", "process"])
def test_work_left_running_is_waited_for(project: Project, start: str) -> None:
    project.configure("work_timeout = 10")
    project.check(start.format(delay=0.1) + AROUND_WORK, passed=2)


def test_a_child_process_that_runs_on_is_named_and_cannot_write_into_the_next_test(project: Project) -> None:
    project.configure("work_timeout = 0.2")
    result = project.check(PROCESS.format(delay=1.0) + AROUND_WORK, passed=2, errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_starts_work*", "*this test left work running, process * (*python*"]
    )


def test_a_thread_that_runs_on_is_named_and_cannot_write_into_the_next_test(project: Project) -> None:
    project.configure("work_timeout = 0.2")
    result = project.check(THREAD.format(delay=0.9) + AROUND_WORK, "-W", "ignore", passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_starts_work*",
            "*this test left work running, thread slow writer at *test_shop.py*",
        ]
    )


@pytest.mark.parametrize("scope", ["function", "session"])
def test_a_task_left_running_is_waited_for_or_named(project: Project, scope: str) -> None:
    project.configure("work_timeout = 0.4")
    result = project.check(
        f"""
        import asyncio
        import pytest
        from sqlalchemy import func, select
        from shop.database import Session
        from shop.models import Customer

        pytestmark = pytest.mark.asyncio(loop_scope="{scope}")
        tasks = []
        finished = []

        async def write(delay):
            await asyncio.sleep(delay)
            async with Session() as session:
                session.add(Customer(name="late"))
                await session.commit()
            finished.append(delay)

        async def test_short(async_db_session):
            await async_db_session.scalar(select(1))
            tasks.append(asyncio.create_task(write(0.05)))

        async def test_long(async_db_session):
            assert finished == [0.05]
            assert await async_db_session.scalar(select(func.count()).select_from(Customer)) == 0
            tasks.append(asyncio.create_task(write(3), name="slow writer"))

        async def test_next(async_db_session):
            assert tasks[-1].cancelled()
            assert await async_db_session.scalar(select(func.count()).select_from(Customer)) == 0
        """,
        passed=3,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_long*", "*task slow writer at test_shop.py:13*"])


def test_a_job_in_an_old_pool_is_waited_for_and_multiprocessing_is_left_alone(project: Project) -> None:
    project.configure("work_timeout = 10")
    project.check(
        """
        import multiprocessing, time
        from concurrent.futures import ThreadPoolExecutor
        from sqlalchemy import func, select
        from shop.models import Customer

        pool = ThreadPoolExecutor(1)
        COUNT = select(func.count()).select_from(Customer)

        def test_pool_starts(db_session):
            assert pool.submit(lambda: 42).result() == 42
            db_session.scalar(COUNT)

        def test_job(db_session_factory, db_session):
            def write():
                time.sleep(0.2)
                with db_session_factory() as session:
                    session.add(Customer(name="late"))
                    session.commit()
            db_session.scalar(COUNT)
            pool.submit(write)

        def test_helper_process(db_session):
            assert db_session.scalar(COUNT) == 0
            context = multiprocessing.get_context("spawn")
            process = context.Process(target=print)
            process.start()
            process.join()

        def test_next(db_session):
            assert db_session.scalar(COUNT) == 0
        """,
        passed=4,
    )

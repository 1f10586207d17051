from __future__ import annotations

import pytest
from testing.conftest import Project

ON_ONE_LOOP = """
import pytest
from sqlalchemy import func, select
from shop.database import Session as AppSession
from shop.models import Customer

pytestmark = pytest.mark.{marker}
COUNT = select(func.count()).select_from(Customer)

@pytest.mark.parametrize("turn", range(3))
async def test_application_engine_made_at_import(turn, db_session):
    async with AppSession() as session:
        session.add(Customer(name="anna"))
        await session.commit()
    assert db_session.scalar(COUNT) == 1

@pytest.mark.parametrize("turn", range(3))
async def test_session(turn, async_db_session, db_session):
    async_db_session.add(Customer(name="anna"))
    await async_db_session.commit()
    assert await async_db_session.scalar(COUNT) == 1
    assert db_session.scalar(COUNT) == 1

@pytest.mark.parametrize("turn", range(3))
async def test_client(turn, async_client):
    assert (await async_client.post("/customers/anna")).json() == {{"id": 1}}

class TestClass:
    async def test_one(self, async_client, async_db_session):
        assert (await async_client.post("/customers/anna")).json() == {{"id": 1}}
        assert await async_db_session.scalar(COUNT) == 1

    async def test_two(self, async_db_session):
        assert await async_db_session.scalar(COUNT) == 0
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
@pytest.mark.parametrize("scope", ["function", "class", "module", "package", "session"])
def test_every_loop_scope_of_pytest_asyncio(project: Project, scope: str, mode: str) -> None:
    project.configure(mode=mode)
    marker = f'asyncio(loop_scope="{scope}")'
    tests = ON_ONE_LOOP.format(marker=marker)
    if scope == "class":  # such a scope is for classes only
        tests = "import pytest\n" + tests.replace(f"pytestmark = pytest.mark.{marker}", "")
        tests = tests.replace("class TestClass", f"@pytest.mark.{marker}\nclass TestClass")
        tests = tests.replace("@pytest.mark.parametrize", "@pytest.mark.asyncio\n@pytest.mark.parametrize")
    project.check(tests, "-W", "error", passed=11)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_anyio(project: Project, driver: str) -> None:
    project.write(
        "conftest.py",
        """
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        """,
    )
    project.configure(mode="strict")
    project.check(ON_ONE_LOOP.format(marker="anyio"), f"--db-driver={driver}", "-W", "error", passed=11)


def test_several_loops_in_one_suite(project: Project) -> None:
    project.check(
        """
        import asyncio, threading
        import pytest
        from fastapi.testclient import TestClient
        from shop.database import Session as AppSession
        from shop.main import app
        from sqlalchemy import text

        async def touch():
            async with AppSession() as session:
                return await session.scalar(text("select 1"))

        @pytest.mark.asyncio(loop_scope="session")
        async def test_session_loop():
            assert await touch() == 1

        async def test_function_loop():
            assert await touch() == 1

        def test_asyncio_run_twice():
            assert asyncio.run(touch()) == 1
            assert asyncio.run(touch()) == 1

        def test_client_and_then_a_run():
            with TestClient(app) as client:
                assert client.get("/customers").json() == []
                assert asyncio.run(touch()) == 1
                assert client.get("/customers").json() == []

        @pytest.mark.asyncio(loop_scope="session")
        async def test_session_loop_again():
            assert await touch() == 1

        def test_loop_made_by_hand():
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(touch()) == 1
            loop.close()
            loop = asyncio.new_event_loop()
            assert loop.run_until_complete(touch()) == 1
            loop.close()

        async def test_loops_in_threads():
            found = []
            threads = [threading.Thread(target=lambda: found.append(asyncio.run(touch()))) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: await asyncio.to_thread(thread.join)
            assert found == [1, 1, 1]
            assert await touch() == 1
        """,
        passed=7,
    )


def test_an_async_fixture_of_the_project_uses_the_sessions(project: Project) -> None:
    project.configure(mode="strict")
    project.check(
        """
        import pytest, pytest_asyncio
        from shop.models import Customer

        @pytest_asyncio.fixture
        async def customer(async_db_session):
            customer = Customer(name="anna")
            async_db_session.add(customer)
            await async_db_session.commit()
            await async_db_session.refresh(customer)
            yield customer
            await async_db_session.refresh(customer)

        @pytest_asyncio.fixture
        async def logged_in(async_client):
            await async_client.get("/health")
            yield async_client
            assert (await async_client.get("/health")).status_code == 200

        @pytest.mark.asyncio
        async def test_customer(customer, logged_in, async_db_session):
            assert customer.id == 1
            assert (await logged_in.get("/customers")).json() == ["anna"]
        """,
        "-W",
        "error",
        passed=1,
    )


def test_a_pool_that_pings_is_shared_by_two_loops_that_live_at_once(project: Project) -> None:
    (project.pytester.path / "shop" / "database.py").write_text(
        (project.pytester.path / "shop" / "database.py").read_text().replace("pool_size=3", "pool_pre_ping=True")
    )
    project.check(
        """
        import asyncio
        import pytest
        from fastapi.testclient import TestClient
        from shop.main import app

        @pytest.mark.parametrize("turn", range(20))
        async def test_both_clients(turn, async_client):
            with TestClient(app) as client:
                for number in range(4):
                    assert (await async_client.post(f"/customers/a{number}")).status_code == 200
                    assert (await asyncio.to_thread(client.post, f"/customers/b{number}")).status_code == 200
                    assert len((await async_client.get("/customers")).json()) == 2 * number + 2
        """,
        passed=20,
    )

"""A failed test's report says what its error means."""

from __future__ import annotations

from testing.conftest import Project


def test_an_error_is_explained_with_both_lines_and_the_fix(project: Project) -> None:
    result = project.check(
        """
        from shop.database import Session
        from shop.models import Customer, Order
        from sqlalchemy import select

        async def test_orders():
            async with Session() as session:
                session.add(Customer(name="Ada", orders=[Order(item="lamp")]))
                await session.commit()
            async with Session() as session:
                order = (await session.scalars(select(Order))).one()
                assert order.customer.name == "Ada"
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(
        [
            "*greenshift explains*",
            "lazy relationship: *Order.customer*",
            "*test_shop.py:12*read here*",
            "*test_shop.py:11*loaded here*",
            "*fix:*selectinload(Order.customer)*",
        ]
    )


def test_an_error_that_the_application_swallowed_is_explained(project: Project) -> None:
    path = project.pytester.path / "shop" / "main.py"
    path.write_text(
        path.read_text()
        + """
from shop.models import Order

@app.get("/buyer/{number}")
async def buyer(number: int):
    async with Session() as session:
        order = await session.get(Order, number)
        try:
            return order.customer.name
        except Exception:
            return None
"""
    )
    result = project.check(
        """
        from shop.models import Customer, Order

        async def test_buyer(async_client, async_db_session):
            async_db_session.add(Customer(name="Ada", orders=[Order(id=1, item="lamp")]))
            await async_db_session.commit()
            answer = await async_client.get("/buyer/1")
            assert answer.json() == "Ada"
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(["*raised earlier in this test, and swallowed*", "lazy relationship: *Order.customer*"])


def test_an_object_that_was_read_too_late_behind_a_500_is_explained_once(project: Project) -> None:
    path = project.pytester.path / "shop" / "main.py"
    path.write_text(
        path.read_text()
        + """
from pydantic import BaseModel
from shop.models import Order

class CustomerOut(BaseModel, from_attributes=True):
    name: str

class OrderOut(BaseModel, from_attributes=True):
    customer: CustomerOut

@app.get("/orders", response_model=list[OrderOut])
async def orders():
    async with Session() as session:
        return (await session.scalars(select(Order))).all()
"""
    )
    result = project.check(
        """
        from fastapi.testclient import TestClient
        from shop.main import app
        from shop.models import Customer, Order

        def make(session):
            session.add(Order(item="lamp", customer=Customer(name="Ada")))
            session.commit()

        def test_answer(db_session):
            make(db_session)
            with TestClient(app, raise_server_exceptions=False) as client:
                assert client.get("/orders").status_code == 200

        def test_error(db_session):
            make(db_session)
            with TestClient(app) as client:
                client.get("/orders")
        """,
        failed=2,
    )
    said = [line for line in result.outlines if line.startswith("detached instance: ")]
    assert len(said) == 2
    assert all("Order.customer" in line for line in said)


def test_a_statement_that_failed_behind_a_500_is_explained(project: Project) -> None:
    result = project.check(
        """
        from httpx import ASGITransport, AsyncClient
        from shop.main import app

        async def test_twice(db):
            transport = ASGITransport(app=app, raise_app_exceptions=False)
            async with AsyncClient(transport=transport, base_url="http://test") as client:
                assert (await client.post("/customers/Ada")).status_code == 200
                assert (await client.post("/customers/Ada")).status_code == 200
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(["*raised earlier in this test, and swallowed*", "unique violation: *customer*"])


def test_a_test_that_passes_and_an_error_of_an_earlier_test_say_nothing(project: Project) -> None:
    result = project.check(
        """
        import pytest
        from shop.database import Session
        from shop.models import Customer, Order
        from sqlalchemy import select
        from sqlalchemy.exc import MissingGreenlet

        async def test_first():
            async with Session() as session:
                session.add(Customer(name="Ada", orders=[Order(item="lamp")]))
                await session.commit()
            async with Session() as session:
                order = (await session.scalars(select(Order))).one()
                with pytest.raises(MissingGreenlet):
                    order.customer

        def test_second(db_session):
            assert db_session.query(Customer).count() == 1
        """,
        passed=1,
        failed=1,
    )
    result.stdout.no_fnmatch_line("*greenshift explains*")


def test_a_module_that_cannot_be_imported_is_explained(project: Project) -> None:
    result = project.check(
        """
        from sqlalchemy.ext.asyncio import create_async_engine
        from sqlalchemy.pool import QueuePool

        engine = create_async_engine("postgresql+asyncpg://localhost/shop", poolclass=QueuePool)

        def test_nothing(db_session):
            pass
        """,
        errors=1,
    )
    result.stdout.fnmatch_lines(["*greenshift explains*", "wrong pool class: *"])


def test_a_commit_that_was_forgotten_is_pointed_at(project: Project) -> None:
    path = project.pytester.path / "shop" / "main.py"
    path.write_text(path.read_text().replace("await session.commit()", "await session.flush()"))
    result = project.check(
        """
        async def test_created(async_client):
            assert (await async_client.post("/customers/Ada")).status_code == 200
            assert (await async_client.get("/customers")).json() == ["Ada"]
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(
        ["*greenshift explains: this may be why*", "commit forgotten: *customer*", "*main.py:*written here*"]
    )


def test_an_assertion_that_fails_for_another_reason_is_not_explained(project: Project) -> None:
    result = project.check(
        """
        async def test_created(async_client):
            assert (await async_client.post("/customers/Ada")).status_code == 200
            assert (await async_client.get("/customers")).json() == ["Bob"]
        """,
        failed=1,
    )
    result.stdout.no_fnmatch_line("*greenshift explains*")


def test_no_explanation_code_runs_while_nothing_fails(project: Project) -> None:
    project.check(
        """
        import sys
        from shop.models import Customer

        async def test_works(async_client, async_db_session):
            async_db_session.add(Customer(name="Ada"))
            await async_db_session.commit()
            assert (await async_client.get("/customers")).json() == ["Ada"]

        def test_nothing_was_imported():
            parts = ("greenshift.explain.catalogue", "greenshift.explain.n_plus_one", "greenshift.explain.blocking")
            assert not [name for name in sys.modules if name.startswith((*parts, "libcst", "blockbuster"))]
        """,
        passed=2,
    )

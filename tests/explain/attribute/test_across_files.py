"""An application in several files: the edits find the statement, the classes and the factory wherever they are."""

from __future__ import annotations

import asyncio
import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from greenshift.explain import Explanation, Witness, explain
from greenshift.explain.editing import apply

FILES = {
    "__init__": "",
    "database": """
        from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

        def connect(url):
            engine = create_async_engine(url)
            return engine, async_sessionmaker(engine)
        """,
    "models": """
        from sqlalchemy import ForeignKey
        from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

        class Base(DeclarativeBase):
            pass

        class Address(Base):
            __tablename__ = "address"
            id: Mapped[int] = mapped_column(primary_key=True)
            city: Mapped[str]

        class Person(Base):
            __tablename__ = "person"
            id: Mapped[int] = mapped_column(primary_key=True)
            kind: Mapped[str]
            address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
            address: Mapped[Address] = relationship()
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

        class Friend(Base):
            __tablename__ = "friend"
            id: Mapped[int] = mapped_column(primary_key=True)
            customer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

        class Customer(Person):
            friends: Mapped[list[Friend]] = relationship()
            __mapper_args__ = {"polymorphic_identity": "customer"}

        class Employee(Person):
            __tablename__ = "employee"
            id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
            salary: Mapped[int]
            __mapper_args__ = {"polymorphic_identity": "employee"}

        class Order(Base):
            __tablename__ = "order"
            id: Mapped[int] = mapped_column(primary_key=True)
            customer_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
            customer: Mapped[Person] = relationship()
        """,
    "main": """
        from . import service
        from .database import connect
        from .models import Address, Base, Customer, Order

        async def main(url, function):
            engine, factory = connect(url)
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(Base.metadata.create_all)
                async with factory.begin() as session:
                    session.add(Order(id=1, customer=Customer(id=1, address=Address(id=1, city="Turin"))))
                async with factory() as session:
                    return await getattr(service, function)(session)
            finally:
                await engine.dispose()
        """,
    "views": """
        def city(order):
            return order.customer.address.city
        """,
}

Run = Callable[[str, str], BaseException | object]


@pytest.fixture
def run(tmp_path: Path, fresh_url: Callable[[str], str]) -> Iterator[Run]:
    """Write the application with a service, run a function of it, and return what it returns or raises."""

    def forget() -> None:
        for name in [one for one in sys.modules if one.partition(".")[0] == "shop_of_files"]:
            del sys.modules[name]
        importlib.invalidate_caches()

    def go(service: str, function: str) -> BaseException | object:
        package = tmp_path / "shop_of_files"
        if not package.exists():
            package.mkdir()
            for name, text in {**FILES, "service": service}.items():
                (package / f"{name}.py").write_text(textwrap.dedent(text).strip() + "\n")
        forget()
        main: ModuleType = importlib.import_module("shop_of_files.main")
        try:
            result: object = asyncio.run(main.main(fresh_url("asyncpg"), function))
        except Exception as error:
            return error
        return result

    sys.path.insert(0, str(tmp_path))
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield go
    sys.dont_write_bytecode = written
    sys.path.remove(str(tmp_path))
    forget()


def explained(run: Run, service: str, function: str = "go") -> Explanation:
    with Witness():
        error = run(service, function)
    assert isinstance(error, BaseException), error
    explanation = explain(error)
    assert explanation is not None, error
    return explanation


def mended(run: Run, service: str) -> tuple[object, str]:
    """Apply the edits; return the result and the service's text."""
    explanation = explained(run, service)
    assert explanation.edits, explanation
    apply(explanation.edits)
    text = next(Path(edit.file) for edit in explanation.edits).parent / "service.py"
    return run(service, "go"), text.read_text()


def test_a_class_of_the_chain_is_imported_from_where_the_others_are(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Order
        from .views import city

        async def go(session):
            return city(await session.scalar(select(Order)))
        """
    result, text = mended(run, service)
    assert result == "Turin"
    assert "from .models import Order, Person\n" in text
    assert "from sqlalchemy.orm import selectinload\n" in text
    assert "select(Order).options(selectinload(Order.customer).selectinload(Person.address))" in text


def test_a_module_before_the_class_serves_for_the_others(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from . import models
        from .views import city

        async def go(session):
            return city(await session.scalar(select(models.Order)))
        """
    result, text = mended(run, service)
    assert result == "Turin"
    assert "selectinload(models.Order.customer).selectinload(models.Person.address)" in text


def test_a_class_under_another_name(run: Run) -> None:
    service = """
        from .models import Order as Purchase, Person as P
        from .views import city

        async def go(session):
            return city(await session.get(Purchase, 1))
        """
    result, text = mended(run, service)
    assert result == "Turin"
    assert "options=[selectinload(Purchase.customer).selectinload(P.address)]" in text


def test_an_attribute_that_only_a_subclass_has(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Person

        async def go(session):
            person = await session.scalar(select(Person))
            return len(person.friends)
        """
    result, text = mended(run, service)
    assert result == 0
    assert "select(Person).options(selectin_polymorphic(Person, [Customer]), selectinload(Customer.friends))" in text
    assert "from sqlalchemy.orm import selectin_polymorphic, selectinload\n" in text
    assert "from .models import Customer, Person\n" in text


def test_a_column_of_the_table_of_a_subclass(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Employee, Person

        async def go(session):
            session.add(Employee(id=2, salary=3, address_id=1))
            await session.commit()
            session.expunge_all()
            people = await session.scalars(select(Person).order_by(Person.id))
            return [getattr(person, "salary", None) for person in people]
        """
    result, text = mended(run, service)
    assert result == [None, 3]
    assert "select(Person).order_by(Person.id).options(selectin_polymorphic(Person, [Employee]))" in text


def test_without_a_watch_the_subclass_is_still_named(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Person

        async def go(session):
            person = await session.scalar(select(Person))
            return len(person.friends)
        """
    error = run(service, "go")
    assert isinstance(error, BaseException)
    explanation = explain(error)
    assert explanation is not None
    assert "selectinload(Customer.friends)" in explanation.fix
    assert explanation.edits == ()
    assert any("unwatched" in sentence for sentence in explanation.unknown)


def test_a_commit_and_the_factory_of_another_file(run: Run) -> None:
    service = """
        from .models import Order

        async def go(session):
            order = await session.get(Order, 1)
            await session.commit()
            return order.customer_id
        """
    explanation = explained(run, service)
    assert [Path(edit.file).name for edit in explanation.edits] == ["database.py"]
    apply(explanation.edits)
    assert run(service, "go") == 1


def test_a_generic_repository_is_not_edited_and_its_line_is_named(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Order
        from .views import city

        async def first(session, statement):
            return (await session.scalars(statement)).first()

        async def go(session):
            return city(await first(session, select(Order)))
        """
    explanation = explained(run, service)
    assert explanation.edits == ()
    assert [(place.line, place.role) for place in explanation.where if place.role == "loaded here"] == [
        (6, "loaded here")
    ]
    assert "selectinload(Order.customer).selectinload(Person.address)" in explanation.fix


def test_an_alias_is_not_edited(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from sqlalchemy.orm import aliased
        from .models import Order
        from .views import city

        async def go(session):
            order = aliased(Order)
            return city(await session.scalar(select(order)))
        """
    explanation = explained(run, service)
    assert explanation.edits == ()
    assert "alias" in explanation.fix


def test_a_class_that_the_file_calls_something_else_is_not_imported(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Order
        from .views import city

        Person = "a word"

        async def go(session):
            return city(await session.scalar(select(Order)))
        """
    assert explained(run, service).edits == ()


def test_an_eager_load_that_the_rest_of_the_function_needs(run: Run) -> None:
    service = """
        from sqlalchemy import select
        from .models import Order

        async def go(session):
            cities = []
            for order in await session.scalars(select(Order)):
                customer = order.customer
                cities.append(customer.address.city)
            return cities
        """
    result, _ = mended(run, service)
    assert result == ["Turin"]

"""Faults in models, each caught by the behaviour that it is about, and named."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
from contract.behaviours.contract_shop import Members, orders, run, shop
from sqlalchemy import DateTime, ForeignKey, Integer, String, TypeDecorator, and_
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship, validates

from greenshift.contract.behaviours.failure import ContractFailure
from greenshift.contract.errors import RowError
from greenshift.postgres import Database


def to_dict(self: Any) -> dict[str, Any]:
    return {"name": self.name, "orders": [order.id for order in self.orders]}


class Cut(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else value[:3]


@validates("name")
def changed(self: Any, key: str, value: str) -> str:
    return value + "."


@hybrid_property
def order_count(self: Any) -> int:
    return len(self.orders)


def uncounted() -> Members:
    version = mapped_column(Integer, nullable=False, default=1)
    return {"version": version, "__mapper_args__": {"version_id_col": version, "version_id_generator": False}}


Make = Callable[[], type[DeclarativeBase]]
FAULTS: dict[str, tuple[Make, str, str]] = {
    "missing cascade": (
        lambda: shop({}, {}, nullable=False),
        "cascade-Customer.orders",
        r"\(sync and async\).*sets Order.customer_id to null.*cascade=",
    ),
    "a cascade in the foreign key alone": (
        lambda: shop({}, {"customer_id": mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), nullable=False)}),
        "cascade-Customer.orders",
        r"sets Order.customer_id to null.*passive_deletes=True on Customer.orders: its foreign key deletes them",
    ),
    "a cascade that the database refuses": (
        lambda: shop(orders(cascade="all, delete-orphan", passive_deletes=True), {}, nullable=False),
        "cascade-Customer.orders",
        "is to delete what belongs to it, and the database refuses",
    ),
    "wrong back_populates": (
        lambda: shop(orders(foreign_keys="Order.seller_id"), {}),
        "link-Customer.orders",
        "Customer.orders and Order.customer mirror each other.*different columns",
    ),
    "deleting deletes what is referred to": (
        lambda: shop({}, {"seller": relationship("Customer", foreign_keys="Order.seller_id", cascade="all")}),
        "delete-Order",
        "deleting a Order deleted the Customer.*take delete out of the cascade",
    ),
    "a lazy relationship serialized": (
        lambda: shop({"to_dict": to_dict}, {}),
        "json-Customer",
        r"\(async alone\).*MissingGreenlet.*reads orders.*selectinload\(Customer.orders\)",
    ),
    "a hybrid that loads lazily": (
        lambda: shop({"order_count": order_count}, {}),
        "computed-Customer",
        r"\(async alone\).*MissingGreenlet.*selectinload\(Customer.orders\)",
    ),
    "a naive timestamp": (
        lambda: shop({"made": mapped_column(DateTime(), default=lambda: dt.datetime.now(dt.UTC))}, {}),
        "create-Customer",
        r"\(async alone\).*Customer.made is without a time zone",
    ),
    "a type that cuts": (
        lambda: shop({"code": mapped_column(Cut(20), nullable=False)}, {}),
        "create-Customer",
        r"\(sync and async\).*Customer.code was written as",
    ),
    "a value changed on its way": (
        lambda: shop({"changed": changed}, {}),
        "create-Customer",
        r"\(sync and async\).*Customer.name was written as",
    ),
    "one default where each must differ": (
        lambda: shop({"token": mapped_column(String(5), default="same", unique=True)}, {}),
        "read-Customer",
        "UniqueViolation",
    ),
    "a default with a zone in a column without": (
        lambda: shop({"seen": mapped_column(DateTime, default=lambda: dt.datetime.now(dt.UTC))}, {}),
        "defaults-Customer",
        r"Customer.seen is with a time zone after the insert and without one when read.*DateTime\(timezone=True\)",
    ),
    "versions that nobody counts": (
        lambda: shop(uncounted(), {}),
        "version-Customer",
        "neither was refused",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_named(fault: str, database: Database) -> None:
    make, identifier, said = FAULTS[fault]
    with pytest.raises(ContractFailure) as failure:
        run(make(), identifier, database)
    assert re.search(said, str(failure.value), re.DOTALL), str(failure.value)


@pytest.mark.parametrize(
    "identifier",
    ["cascade-Customer.orders", "link-Customer.orders", "delete-Order", "create-Customer", "read-Customer"],
)
def test_without_the_fault_it_passes(identifier: str, database: Database) -> None:
    run(shop({}, {}), identifier, database)


def test_a_relationship_with_a_condition_of_its_own_is_not_passed(database: Database) -> None:
    def make() -> type[DeclarativeBase]:
        base = shop({}, {})
        customer, order = (
            mapper.class_ for mapper in sorted(base.registry.mappers, key=lambda one: one.class_.__name__)
        )
        customer.large = relationship(
            order, primaryjoin=and_(order.customer_id == customer.id, order.id > 1000), viewonly=True
        )
        return base

    with pytest.raises(RowError, match=r"cannot be generated: no rows .* Customer\.large"):
        run(make(), "relationship-Customer.large", database)


def test_an_inner_join_that_drops_records_is_named(database: Database) -> None:
    condition = "and_(Order.customer_id == Customer.id, Order.note.is_(None))"
    some = relationship("Order", primaryjoin=condition, viewonly=True, innerjoin=True)
    base = shop({"some": some}, {"note": mapped_column(String(20))})
    with pytest.raises(ContractFailure, match=r"(?s)\(sync and async\) Customer.some \(joined\) drops a Cust.*innerj"):
        run(base, "relationship-Customer.some", database)


def test_what_a_validator_refuses_is_not_passed(database: Database) -> None:
    @validates("customer")
    def refuse(self: Any, key: str, value: Any) -> Any:
        raise ValueError("no orders on Sundays")

    with pytest.raises(RowError, match=r"cannot be generated: the models refuse .* Order\.customer: no orders on Sun"):
        run(shop({}, {"refuse": refuse}), "link-Order.customer", database)

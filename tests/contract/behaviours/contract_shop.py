"""A shop's models, of which a member or two are replaced by faulty ones, and one test of the contract on them."""

from __future__ import annotations

from typing import Any, ClassVar

import psycopg
from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship

from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.rows import Rows
from greenshift.contract.running import cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

Members = dict[str, Any]


def shop(customer: Members, order: Members, *, nullable: bool = True) -> type[DeclarativeBase]:
    """Map customers and orders, of which a member or two are replaced by faulty ones."""

    class Base(DeclarativeBase):
        # The registry knows its classes by weak references.
        classes: ClassVar[list[type]] = []

    def mapped(name: str, table: str, members: Members) -> None:
        key = mapped_column(Integer, primary_key=True)
        made = type(name, (Base,), {"__tablename__": table, "__module__": __name__, "id": key, **members})
        Base.classes.append(made)

    orders = relationship("Order", back_populates="customer", foreign_keys="Order.customer_id")
    mapped("Customer", "customer", {"name": mapped_column(String(20), nullable=False), "orders": orders, **customer})
    own: Members = {
        "customer_id": mapped_column(ForeignKey("customer.id"), nullable=nullable),
        "seller_id": mapped_column(ForeignKey("customer.id"), nullable=nullable),
        "customer": relationship("Customer", back_populates="orders", foreign_keys="Order.customer_id"),
        "seller": relationship("Customer", foreign_keys="Order.seller_id"),
    }
    mapped("Order", "orders", {**own, **order})
    return Base


def orders(**options: Any) -> Members:
    told = {"back_populates": "customer", "foreign_keys": "Order.customer_id", **options}
    return {"orders": relationship("Order", **told)}


def run(
    base: type[DeclarativeBase],
    identifier: str,
    database: Database,
    *,
    altered: str = "",
    adapter: SQLAlchemyAdapter | None = None,
) -> list[str]:
    """Run one test of the contract.

    Args:
        base: of the models.
        identifier: the test's id.
        database: an empty one.
        altered: what a migration has made of the tables since, as SQL.
        adapter: drives the models.

    Returns:
        The notes.
    """
    adapter = adapter or SQLAlchemyAdapter(base)
    rows = Rows(adapter)
    case = next(one for one in cases_of(rows, adapter.models(), all_behaviours()) if one.id == identifier)

    def create() -> None:
        adapter.create(database.url())
        if altered:
            with psycopg.connect(database.url()) as connection:
                connection.execute(altered.encode())

    def rewind() -> None:
        database.rewind()
        create()

    create()
    return run_case(case, adapter, rows, database.url(), rewind)

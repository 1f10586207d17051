"""More faults in models: types, defaults, validators, hybrids, classes, relationships."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from contract.behaviours.contract_shop import Members, orders, run, shop
from sqlalchemy import ARRAY, JSON, DateTime, ForeignKey, Integer, LargeBinary, String, TypeDecorator
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, mapped_column, relationship, validates

from greenshift.contract.behaviours.failure import ContractFailure
from greenshift.postgres import Database

Base = type[DeclarativeBase]


class Sorted(TypeDecorator[list[int]]):
    impl = ARRAY(Integer)
    cache_ok = True

    def process_bind_param(self, value: list[int] | None, dialect: Any) -> list[int] | None:
        return None if value is None else sorted(set(value))


class Text(TypeDecorator[bytes]):
    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Any) -> bytes | None:
        return None if value is None else value.decode(errors="replace").encode()


class Naive(TypeDecorator[dt.datetime]):
    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=None)


@validates("note")
def no_nulls(self: Any, key: str, value: str | None) -> str:
    return value or ""


@validates("note")
def no_empty(self: Any, key: str, value: str | None) -> str | None:
    return value or None


@hybrid_property
def greeting(self: Any) -> str:
    return f"Dear {self.name}"


@hybrid_property
def first_plus(self: Any) -> str:
    return "Dear " + self.name  # type: ignore[no-any-return]


@hybrid_property
def initial(self: Any) -> str:
    return "".join(word[0] for word in self.name.split(" ") if word)


def column(kind: Any, **options: Any) -> Callable[[], Base]:
    return lambda: shop({"data": mapped_column(kind, nullable=False, **options)}, {})


def with_note(**members: Any) -> Callable[[], Base]:
    return lambda: shop({"note": mapped_column(String(20)), **members}, {})


def staff(managers: str, engineers: str) -> Base:
    class Base(DeclarativeBase):
        classes: ClassVar[list[type]] = []

    class Employee(Base):
        __tablename__ = "staff"
        id = mapped_column(Integer, primary_key=True)
        kind = mapped_column(String(20), nullable=False)
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012

    for name, identity in (("Manager", managers), ("Engineer", engineers)):
        members = {"__module__": __name__, "__mapper_args__": {"polymorphic_identity": identity}}
        Base.classes.append(type(name, (Employee,), members))
    return Base


def several_customers() -> Base:
    several = relationship("Customer", foreign_keys="Order.seller_id", uselist=True)
    return shop({}, {"seller": several})


def another_table() -> Base:
    seller: Members = {
        "seller_id": mapped_column(ForeignKey("orders.id")),
        "seller": relationship("Customer", primaryjoin="foreign(Order.seller_id) == Customer.id"),
    }
    return shop({}, seller)


def tree(**options: Any) -> Base:
    class Base(DeclarativeBase):
        classes: ClassVar[list[type]] = []

    class Node(Base):
        __tablename__ = "node"
        id = mapped_column(Integer, primary_key=True)
        parent_id = mapped_column(ForeignKey("node.id"))
        parent = relationship("Node", uselist=False, **options)

    Base.classes.append(Node)

    return Base


def owned(cascade: str) -> Callable[[], Base]:
    return lambda: shop(orders(cascade=cascade), {}, nullable=False)


def compared(**members: Any) -> Callable[[], Base]:
    return lambda: shop(members, {})


def by_id(self: Any, other: object) -> bool:
    return self.id == other.id  # type: ignore[attr-defined, no-any-return]


def by_class(self: Any, other: object) -> bool:
    return isinstance(other, type(self))


def by_all(self: Any, other: object) -> bool:
    return isinstance(other, type(self)) and vars(self) == vars(other)


def by_key(self: Any, other: object) -> bool:
    return isinstance(other, type(self)) and self.id == other.id  # type: ignore[attr-defined, no-any-return]


def key_hash(self: Any) -> int:
    return hash(self.id)


def identity_hash(self: Any) -> int:
    return id(self)


def lists_hash(self: Any) -> int:
    return hash([self.id])


def with_favourites(self: Any, **values: Any) -> None:
    super(type(self), self).__init__(**values)
    self.favourites = [self.__mapper__.relationships["favourites"].mapper.class_()]


def favourites(**options: Any) -> Callable[[], Base]:
    favourite = relationship("Order", foreign_keys="Order.seller_id", overlaps="seller", **options)
    return lambda: shop({"favourites": favourite, "__init__": with_favourites}, {})


Make = Callable[[], Base]
# The models, those without the fault, the test, what it says.
FAULTS: dict[str, tuple[Make, Make, str, str]] = {
    "an equality that knows no other class": (
        compared(__eq__=by_id, __hash__=key_hash),
        compared(__eq__=by_key, __hash__=key_hash),
        "equality-Customer",
        "comparing a Customer with None raises AttributeError.*NotImplemented",
    ),
    "an equality of all records": (
        compared(__eq__=by_class, __hash__=key_hash),
        compared(__eq__=by_key),
        "equality-Customer",
        "two records of Customer with different keys are equal",
    ),
    "an equality of the session's state": (
        compared(__eq__=by_all, __hash__=key_hash),
        compared(__eq__=by_key, __hash__=key_hash),
        "equality-Customer",
        "a Customer is not equal to the same record read by another session.*_sa_instance_state",
    ),
    "a hash that does not fit": (
        compared(__eq__=by_key, __hash__=identity_hash),
        compared(__hash__=identity_hash),
        "equality-Customer",
        "two equal records of Customer have different hashes",
    ),
    "a hash that raises": (
        compared(__hash__=lists_hash),
        compared(__hash__=key_hash),
        "equality-Customer",
        r"hash\(\) of a Customer raises TypeError",
    ),
    "a viewonly relationship that is written": (
        favourites(viewonly=True),
        favourites(),
        "create-Customer",
        "Customer.favourites is viewonly, and the model writes to it",
    ),
    "an array that is sorted": (column(Sorted), column(ARRAY(Integer)), "arrays-Customer", "Customer.data was written"),
    "bytes as text": (column(Text), column(LargeBinary), "bytes-Customer", "Customer.data was written as b"),
    "a zone that is dropped": (
        column(Naive),
        column(DateTime(timezone=True)),
        "time_zones-Customer",
        "Customer.data was written as .*tzinfo=.*and read back as",
    ),
    "a naive default": (
        column(DateTime(timezone=True), default=dt.datetime.now),
        column(DateTime(timezone=True), default=lambda: dt.datetime.now(dt.UTC)),
        "defaults-Customer",
        "Customer.data is .* after the insert and .* when read",
    ),
    "a setter that swallows nulls": (
        with_note(swallow=no_nulls),
        with_note(),
        "nulls-Customer",
        "Customer.note was written as null and read back as ''",
    ),
    "an empty text as null": (
        with_note(swallow=no_empty),
        with_note(),
        "empty-Customer",
        "Customer.note was written as '' and read back as None",
    ),
    "a hybrid that says another thing in SQL": (
        with_note(greeting=greeting),
        with_note(greeting=first_plus),
        "computed-Customer",
        "Customer.greeting is 'Dear .*' in Python and something else in SQL",
    ),
    "two classes with one identity": (
        lambda: staff("manager", "manager"),
        lambda: staff("manager", "engineer"),
        "inheritance-Manager.Employee",
        "a Manager is read through Employee as a Engineer",
    ),
    "a collection of what can be one only": (
        several_customers,
        lambda: shop({}, {}),
        "relationship-Order.seller",
        "Order.seller is a collection, and Order.seller_id names one Customer at most",
    ),
    "a foreign key to another table": (
        another_table,
        lambda: shop({}, {}),
        "relationship-Order.seller",
        "Order.seller leads to Customer, and the foreign key of Order.seller_id to Order",
    ),
}
# What models may do on purpose is noted, and passes.
NOTED: dict[str, tuple[Make, Make, str, str]] = {
    "a document that is not tracked": (
        column(JSON),
        column(MutableDict.as_mutable(JSON())),
        "jsonb-Customer",
        "a change inside the document of Customer.data is not stored",
    ),
    "a server default that contradicts the model's": (
        lambda: shop({"state": mapped_column(String(9), nullable=False, default="new", server_default="old")}, {}),
        lambda: shop({"state": mapped_column(String(9), nullable=False, default="new", server_default="new")}, {}),
        "defaults-Customer",
        "Customer.state has two defaults, 'new' by the model and 'old' by the server",
    ),
    "an equality that has no hash": (
        compared(__eq__=by_key, __hash__=None),
        compared(__eq__=by_key, __hash__=key_hash),
        "equality-Customer",
        "Customer has __eq__ and no __hash__",
    ),
    "a hybrid that has no SQL": (
        with_note(initial=initial),
        with_note(initial=first_plus),
        "computed-Customer",
        "Customer.initial can be read, and cannot be used in SQL",
    ),
    "remote_side is missing": (
        tree,
        lambda: tree(remote_side="Node.id"),
        "relationship-Node.parent",
        "Node.parent leads to one record, and several Node may refer to it.*remote_side is missing",
    ),
    "one where the table allows several": (
        lambda: shop(orders(uselist=False), {}),
        lambda: shop({}, {}),
        "relationship-Customer.orders",
        "Customer.orders leads to one record, and several Order may refer to it",
    ),
    "delete-orphan is missing": (
        owned("all"),
        owned("all, delete-orphan"),
        "link-Customer.orders",
        "a Order that is taken out of Customer.orders is refused: .*delete-orphan",
    ),
}


@pytest.mark.filterwarnings("ignore:Reassigning polymorphic association")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_named(fault: str, database: Database) -> None:
    make, _, identifier, said = FAULTS[fault]
    with pytest.raises(ContractFailure) as failure:
        run(make(), identifier, database)
    assert re.search(said, str(failure.value), re.DOTALL), str(failure.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_without_the_fault_it_passes(fault: str, database: Database) -> None:
    _, make, identifier, _ = FAULTS[fault]
    run(make(), identifier, database)


@pytest.mark.parametrize("fault", NOTED)
def test_what_may_be_a_fault_is_noted(fault: str, database: Database) -> None:
    make, without, identifier, said = NOTED[fault]
    assert re.search(said, "\n".join(run(make(), identifier, database)), re.DOTALL)
    database.rewind()
    assert not re.search(said, "\n".join(run(without(), identifier, database)), re.DOTALL)

"""Tables that are not what the models say, as after a migration that was forgotten: each is caught and named."""

from __future__ import annotations

import enum
import re

import pytest
from contract.behaviours.contract_shop import Members, orders, run, shop
from sqlalchemy import CheckConstraint, DateTime, Enum, ForeignKey, Integer, LargeBinary, Numeric, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

from greenshift.contract.behaviours.failure import ContractFailure
from greenshift.postgres import Database


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


def models() -> type[DeclarativeBase]:
    customer: Members = {
        "email": mapped_column(String(50), nullable=False, unique=True),
        "note": mapped_column(String(30)),
        "age": mapped_column(Integer, CheckConstraint("age > 0", name="adult"), nullable=False),
        "made": mapped_column(DateTime(timezone=True), nullable=False),
        "price": mapped_column(Numeric(20, 4), nullable=False),
        "color": mapped_column(Enum(Color, name="color"), nullable=False),
        "photo": mapped_column(LargeBinary, nullable=False),
        **orders(cascade="all, delete-orphan", passive_deletes=True),
    }
    owner = mapped_column(ForeignKey("customer.id", ondelete="CASCADE"), nullable=False)
    return shop(customer, {"customer_id": owner})


TRIGGER = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name = left(NEW.name, 2); RETURN NEW; END $$;
CREATE TRIGGER cut BEFORE INSERT ON customer FOR EACH ROW EXECUTE FUNCTION cut();
"""
FAULTS = {
    "no unique constraint": (
        "ALTER TABLE customer DROP CONSTRAINT customer_email_key",
        "duplicate-Customer.email",
        "a second Customer with the same email was not refused",
    ),
    "a null that is allowed": (
        "ALTER TABLE customer ALTER name DROP NOT NULL",
        "not_null-Customer.name",
        "Customer.name = None was not refused",
    ),
    "a null that is refused": (
        "ALTER TABLE customer ALTER note SET NOT NULL",
        "nulls-Customer",
        'null value in column "note" of relation "customer"',
    ),
    "no length": (
        "ALTER TABLE customer ALTER name TYPE text",
        "longest-Customer",
        "21 characters in Customer.name was not refused",
    ),
    "a column that pads": (
        "ALTER TABLE customer ALTER note TYPE char(40)",
        "empty-Customer",
        "Customer.note was written as '' and read back as '   ",
    ),
    "no time zone": (
        "ALTER TABLE customer ALTER made TYPE timestamp",
        "time_zones-Customer",
        "Customer.made ",
    ),
    "decimals as floats": (
        "ALTER TABLE customer ALTER price TYPE double precision",
        "decimals-Customer",
        "Customer.price was written as Decimal.*and read back as",
    ),
    "decimals of another scale": (
        "ALTER TABLE customer ALTER price TYPE numeric(20, 2)",
        "decimals-Customer",
        r"Customer.price was written as Decimal\('[0-9.]*9'\) and read back as Decimal\('[0-9]*\.00'\)",
    ),
    "an enum without one of the values": (
        "ALTER TYPE color RENAME VALUE 'BLUE' TO 'blue'",
        "enums-Customer.color",
        'invalid input value for enum color: "BLUE"',
    ),
    "no foreign key": (
        "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey",
        "foreign_key-Order.customer_id",
        "a Order whose customer_id refers to a Customer that does not exist was not refused",
    ),
    "a foreign key that does not delete": (
        "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey, "
        "ADD FOREIGN KEY (customer_id) REFERENCES customer (id)",
        "cascade-Customer.orders",
        "Customer.orders is to delete what belongs to it, and the database refuses",
    ),
    "no CHECK": (
        "ALTER TABLE customer DROP CONSTRAINT adult",
        "check-Customer.age",
        "Customer.age = 0, which a CHECK forbids was not refused",
    ),
    "a trigger that cuts": (TRIGGER, "create-Customer", "Customer.name was written as"),
    "bytes that are cut": (
        TRIGGER.replace("NEW.name", "NEW.photo").replace("left(NEW.photo,", "substr(NEW.photo, 1,"),
        "bytes-Customer",
        "Customer.photo was written as",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_caught_and_named(fault: str, database: Database) -> None:
    altered, identifier, said = FAULTS[fault]
    with pytest.raises(ContractFailure) as failure:
        run(models(), identifier, database, altered=altered)
    assert re.search(said, str(failure.value), re.DOTALL), str(failure.value)


@pytest.mark.parametrize("identifier", sorted({identifier for _, identifier, _ in FAULTS.values()}))
def test_without_the_fault_it_passes(identifier: str, database: Database) -> None:
    run(models(), identifier, database)

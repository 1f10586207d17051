"""Models of the same name: two classes of different modules, or inside different classes, under one base."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from contract.suite_project import project
from sqlalchemy import ForeignKey, Integer
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from greenshift.contract.rows.overrides import read_overrides
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter

__all__ = ["project"]


class Base(DeclarativeBase):
    pass


def user(table: str, module: str, within: str = "") -> Any:
    """Make a class User, as that of another module."""
    members = {"__module__": module, "__qualname__": f"{within}User", "__tablename__": table}
    with warnings.catch_warnings():
        # Two of one module cannot be told apart in strings, which no model here uses.
        warnings.simplefilter("ignore", SAWarning)
        return type("User", (Base,), {**members, "id": mapped_column(Integer, primary_key=True)})


class Plain(Base):
    __tablename__ = "plain"
    id: Mapped[int] = mapped_column(primary_key=True)


SELLER, STAFF = user("seller", "shop.sales"), user("staff", "shop.staff")
BUYER = user("buyer", "shop.staff", within="Outer.")
BUYER.seller_id = mapped_column(ForeignKey("seller.id"))
BUYER.seller = relationship(SELLER)
MODELS = SQLAlchemyAdapter(Base).models()


def test_the_module_is_named_where_the_class_does_not_do() -> None:
    names = {model.model: model.name for model in MODELS}
    assert names == {
        Plain: "Plain",
        SELLER: "shop.sales.User",
        STAFF: "shop.staff.User",
        BUYER: "shop.staff.Outer.User",
    }
    buyer = next(model for model in MODELS if model.model is BUYER)
    assert buyer.foreign_keys[0].target == buyer.relationships["seller"].target == "shop.sales.User"
    assert buyer.columns["seller_id"].references == ("shop.sales.User", "id")


def test_values_are_told_apart_by_class() -> None:
    found = read_overrides({SELLER.id: 1, STAFF.id: 2, "Plain.id": 3}, MODELS)
    assert found == {("shop.sales.User", "id"): 1, ("shop.staff.User", "id"): 2, ("Plain", "id"): 3}


SHOP = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
BILLING = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship
from models import Base, User as Customer

class User(Base):
    __tablename__ = "payer"
    id: Mapped[int] = mapped_column(primary_key=True)
    iban: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    customer: Mapped[Customer] = relationship()
"""
SUITE = """
import billing, models
from greenshift.contract import ModelContract

class TestModels(ModelContract):
    base = models.Base
    build = {billing.User.iban: "DE02", models.User.name: "Ada"}
    leave_out = {"read[billing.User]": "why not"}

class TestPart(ModelContract):
    base = models.Base
    models = [billing.User]
"""


def test_in_a_suite(project: pytest.Pytester) -> None:
    project.makepyfile(models=SHOP, billing=BILLING, test_models=SUITE)
    ran = project.runpytest_subprocess("-v", "-k", "read or relationship", timeout=60)
    ran.assert_outcomes(passed=4, skipped=1)
    ran.stdout.fnmatch_lines_random(
        [
            "*TestModels::test_contract?read-models.User? PASSED*",
            "*TestModels::test_contract?read-billing.User? SKIPPED*",
            "*TestModels::test_contract?relationship-billing.User.customer? PASSED*",
            "*TestPart::test_contract?read-billing.User? PASSED*",
            "*TestPart::test_contract?relationship-billing.User.customer? PASSED*",
        ]
    )

"""Constants in a relationship's condition."""

from __future__ import annotations

from typing import Any

import pytest
from contract.style_models import ClassicBase
from sqlalchemy import Boolean, Column, Enum, ForeignKey, Integer, String
from sqlalchemy.orm import DeclarativeBase, relationship

from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter


def constants(condition: str) -> tuple[Any, bool]:
    """Return the constants of a condition, and whether there is nothing else."""

    class Base(DeclarativeBase):
        pass

    class Person(Base):
        __tablename__ = "person"
        id = Column(Integer, primary_key=True)
        city = Column(String)
        addresses = relationship("Address", primaryjoin=condition, viewonly=True)

    class Address(Base):
        __tablename__ = "address"
        id = Column(Integer, primary_key=True)
        person_id = Column(ForeignKey("person.id"))
        kind = Column("the_kind", Enum("HOME", "WORK", name="kind"))
        city = Column(String)
        is_old = Column(Boolean)

    one = next(model for model in SQLAlchemyAdapter(Base).models() if model.name == "Person").relationships["addresses"]
    return one.constants, bool(one.local)


@pytest.mark.parametrize(
    ("further", "wanted"),
    [
        ("Address.city == 'Rome'", {"city": "Rome"}),
        ("'Rome' == Address.city", {"city": "Rome"}),
        ("Address.kind == 'WORK'", {"kind": "WORK"}),
        ("Address.is_old", {"is_old": True}),
        ("not_(Address.is_old)", {"is_old": False}),
        ("Address.is_old == True", {"is_old": True}),
        ("Address.is_old.is_(False)", {"is_old": False}),
        ("Address.city == None", {"city": None}),
        ("and_(Address.city == 'Rome', Address.is_old.is_(None))", {"city": "Rome", "is_old": None}),
        ("Address.city != 'Rome'", {}),
        ("or_(Address.city == 'Rome', Address.is_old)", {}),
        ("Person.city == 'Rome'", {}),
        ("func.lower(Address.city) == 'rome'", {}),
    ],
)
def test_constants(further: str, wanted: dict[str, Any]) -> None:
    assert constants(f"and_(Address.person_id == Person.id, {further})") == (wanted, False)


def test_equal_columns_alone() -> None:
    assert constants("Address.person_id == Person.id") == ({}, True)


def test_of_a_model_whose_rows_are_made() -> None:
    account = next(model for model in SQLAlchemyAdapter(ClassicBase).models() if model.name == "Account")
    assert account.relationships["urgent"].constants == {"kind": "urgent", "is_open": True, "session": None}

"""Foreign keys that may not be null and lead in a circle, of which one is checked at commit."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.errors import RowError
from greenshift.contract.rows import Rows
from greenshift.contract.running import Case, cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database


def late(target: str, name: str) -> Any:
    return ForeignKey(target, deferrable=True, initially="DEFERRED", use_alter=True, name=name)


class Base(DeclarativeBase):
    pass


class Department(Base):
    __tablename__ = "office"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    head_id: Mapped[uuid.UUID] = mapped_column(late("worker.id", "head"))
    members: Mapped[list[Employee]] = relationship(
        back_populates="department", foreign_keys="Employee.department_id", cascade="all, delete-orphan"
    )


class Team(Base):
    __tablename__ = "crew"
    id: Mapped[int] = mapped_column(primary_key=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("office.id"))


class Employee(Base):
    __tablename__ = "worker"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    department_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("crew.id"))
    department: Mapped[Department] = relationship(back_populates="members", foreign_keys=[department_id])


class Page(Base):
    __tablename__ = "leaf"
    id: Mapped[int] = mapped_column(primary_key=True)
    next_id: Mapped[int] = mapped_column(late("leaf.id", "next"))


ADAPTER = SQLAlchemyAdapter(Base)
ROWS = Rows(ADAPTER)
CASES = cases_of(ROWS, ADAPTER.models(), all_behaviours())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_behaviour(case: Case, database: Database) -> None:
    def rewind() -> None:
        database.rewind()
        ADAPTER.create(database.url())

    ADAPTER.create(database.url())
    run_case(case, ADAPTER, ROWS, database.url(), rewind)


def test_what_no_key_can_wait_for_is_reported(database: Database) -> None:
    class Strict(DeclarativeBase):
        pass

    class Egg(Strict):
        __tablename__ = "egg"
        id: Mapped[int] = mapped_column(primary_key=True)
        hen_id: Mapped[int] = mapped_column(ForeignKey("hen.id", use_alter=True, name="hen"))

    class Hen(Strict):
        __tablename__ = "hen"
        id: Mapped[int] = mapped_column(primary_key=True)
        egg_id: Mapped[int] = mapped_column(ForeignKey("egg.id"))

    adapter = SQLAlchemyAdapter(Strict)
    adapter.create(database.url())
    rows = Rows(adapter)
    case = next(one for one in cases_of(rows, adapter.models(), all_behaviours()) if one.id == "create-Hen")
    with pytest.raises(RowError, match="leads in a circle of keys that may not be null"):
        run_case(case, adapter, rows, database.url(), database.rewind)

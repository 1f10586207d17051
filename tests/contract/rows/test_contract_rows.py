from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from contract.conftest import finish
from contract.contract_models import Author, Base, Membership
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from greenshift.contract.description import Column
from greenshift.contract.errors import ContractError, RowError
from greenshift.contract.rows import MadeRow, Rows
from greenshift.contract.rows.conditions import Condition
from greenshift.contract.rows.values import make_value
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

NAMES = [model.name for model in SQLAlchemyAdapter(Base).models()]


async def made(rows: Rows, url: str, name: str, *, is_async: bool, number: int = 5) -> Sequence[MadeRow]:
    async with rows._adapter.open(url, is_async=is_async) as ground:
        await rows.prove(ground, rows.models[name])
        async with ground.session() as session:
            return [await rows.insert(session, rows.models[name]) for _ in range(number)]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_database_takes_the_rows(adapter: SQLAlchemyAdapter, database: Database, name: str, is_async: bool) -> None:
    rows = finish(made(Rows(adapter), database.url(), name, is_async=is_async), is_async=is_async)
    table = rows[0].model.table
    with database.connect() as connection:
        (count,) = connection.execute(f'select count(*) from "{table}"').fetchone() or (0,)
    assert count >= 5


def test_the_same_rows_every_time(adapter: SQLAlchemyAdapter, database: Database) -> None:
    first = finish(made(Rows(adapter), database.url(), "Author", is_async=False), is_async=False)
    database.rewind()
    second = finish(made(Rows(adapter), database.url(), "Author", is_async=False), is_async=False)
    assert [row.values for row in first] == [row.values for row in second]


def test_the_user_decides_values(adapter: SQLAlchemyAdapter, database: Database) -> None:
    build = {Author.email: lambda number: f"{number}@here.org", "Author.age": 33, Author.fee: lambda: Decimal("9.50")}
    rows = finish(made(Rows(adapter, build), database.url(), "Author", is_async=False), is_async=False)
    assert [row.values["email"] for row in rows] == [f"{number}@here.org" for number in range(5)]
    assert {(row.values["age"], row.values["fee"]) for row in rows} == {(33, Decimal("9.50"))}


def test_an_unknown_column_is_named(adapter: SQLAlchemyAdapter) -> None:
    with pytest.raises(ContractError, match=r"did you mean Author\.email"):
        Rows(adapter, {"Author.emial": 1})


def test_what_no_row_satisfies_names_the_constraint(adapter: SQLAlchemyAdapter, database: Database) -> None:
    rows = Rows(adapter, {Membership.role: "neither"})
    with pytest.raises(RowError) as error:
        finish(made(rows, database.url(), "Membership", is_async=False), is_async=False)
    assert "role_known" in error.value.problem
    assert "build = {Membership." in error.value.fix


class Hard(DeclarativeBase):
    pass


class Hidden(Hard):
    __tablename__ = "hidden"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(5), CheckConstraint("reverse(code) = 'abc'"))


class Chicken(Hard):
    __tablename__ = "chicken"
    id: Mapped[int] = mapped_column(primary_key=True)
    egg_id: Mapped[int] = mapped_column(ForeignKey("egg.id", use_alter=True, name="chicken_egg"))


class Egg(Hard):
    __tablename__ = "egg"
    id: Mapped[int] = mapped_column(primary_key=True)
    chicken_id: Mapped[int] = mapped_column(ForeignKey("chicken.id"))


class Single(Hard):
    __tablename__ = "single"
    id: Mapped[int] = mapped_column(CheckConstraint("id = 1"), primary_key=True, autoincrement=False, default=1)
    text: Mapped[str]


def test_a_table_of_one_row_has_one_row_and_says_so_of_more(database: Database) -> None:
    adapter = SQLAlchemyAdapter(Hard)
    adapter.create(database.url())
    assert len(finish(made(Rows(adapter), database.url(), "Single", is_async=False, number=1), is_async=False)) == 1
    database.rewind()
    adapter.create(database.url())
    with pytest.raises(RowError, match=r"Single\.id is unique and takes 1 value only"):
        finish(made(Rows(adapter), database.url(), "Single", is_async=False, number=2), is_async=False)


@pytest.mark.parametrize("kind", [dt.datetime, dt.time])
def test_times_do_not_depend_on_the_clock(kind: type[Any]) -> None:
    column = Column("at", kind, has_time_zone=True)
    first = [make_value("Model", column, Condition(), seed) for seed in range(20)]
    time.sleep(1.1)
    assert [make_value("Model", column, Condition(), seed) for seed in range(20)] == first
    assert len(set(first)) > 10


def test_days_do_not_depend_on_today() -> None:
    assert make_value("Model", Column("day", dt.date), Condition(), 0) == dt.date(2011, 10, 27)


CONFIGURATION: dict[str, str] = {}


class Configured(Hard):
    __tablename__ = "configured"
    id: Mapped[int] = mapped_column(primary_key=True)

    def __init__(self, **values: Any) -> None:
        CONFIGURATION["of.the.application"]
        super().__init__(**values)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Configured", "refuses the values made for it: KeyError 'of.the.application'"),
        ("Hidden", "hidden_code_check"),
        ("Chicken", "circle of keys"),
        ("Egg", "circle of keys"),
    ],
)
def test_what_cannot_be_made_is_an_error(database: Database, name: str, problem: str) -> None:
    adapter = SQLAlchemyAdapter(Hard)
    adapter.create(database.url())
    for _ in range(2):
        with pytest.raises(RowError, match=problem):
            finish(made(Rows(adapter), database.url(), name, is_async=False), is_async=False)


def test_a_way_out_by_an_override(database: Database) -> None:
    adapter = SQLAlchemyAdapter(Hard)
    adapter.create(database.url())
    values: list[dict[str, Any]] = [
        dict(row.values)
        for row in finish(
            made(Rows(adapter, {Hidden.code: "cba"}), database.url(), "Hidden", is_async=False), is_async=False
        )
    ]
    assert values == [{"code": "cba"}] * 5

"""Columns that must have a range or an hstore, in every behaviour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    HSTORE,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8RANGE,
    NUMRANGE,
    TSRANGE,
    TSTZRANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from greenshift.contract.behaviours.registry import all_behaviours
from greenshift.contract.description import Column
from greenshift.contract.errors import RowError
from greenshift.contract.rows import Rows
from greenshift.contract.rows.conditions import Condition
from greenshift.contract.rows.values import make_value
from greenshift.contract.running import Case, cases_of, run_case
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database, Run, ServerSettings, Template, TemplateSource, TemplateTarget, open_server


class Base(DeclarativeBase):
    pass


class Booking(Base):
    __tablename__ = "booking"
    __table_args__ = (ExcludeConstraint(("during", "&&")),)
    id: Mapped[int] = mapped_column(primary_key=True)
    during: Mapped[Range[dt.datetime]] = mapped_column(TSTZRANGE)
    local: Mapped[Range[dt.datetime]] = mapped_column(TSRANGE)
    days: Mapped[Range[dt.date]] = mapped_column(DATERANGE, unique=True)
    seats: Mapped[Range[int]] = mapped_column(INT4RANGE)
    more_seats: Mapped[Range[int]] = mapped_column(INT8RANGE)
    price: Mapped[Range[Decimal]] = mapped_column(NUMRANGE)


class Bag(Base):
    __tablename__ = "bag"
    id: Mapped[int] = mapped_column(primary_key=True)
    things: Mapped[dict[str, str | None]] = mapped_column(HSTORE)
    tracked: Mapped[dict[str, str | None]] = mapped_column(MutableDict.as_mutable(HSTORE()))


ADAPTER = SQLAlchemyAdapter(Base)
ROWS = Rows(ADAPTER)
CASES = cases_of(ROWS, ADAPTER.models(), all_behaviours())


@pytest.fixture(scope="module")
def _types_database() -> Iterator[Database]:
    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            connection.execute("CREATE EXTENSION hstore")
        ADAPTER.create(target.url(None))

    # The server that is installed has the extension, the embedded one has not.
    server = open_server(ServerSettings(provider="installed"))
    with Run.start(server) as run:
        yield Template.ensure(server, run, TemplateSource("contract-types", build, "models with types")).clone(run, "t")
    server.stop()


@pytest.fixture
def types_database(_types_database: Database) -> Iterator[Database]:
    yield _types_database
    _types_database.rewind()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_behaviour(case: Case, types_database: Database) -> None:
    run_case(case, ADAPTER, ROWS, types_database.url(), types_database.rewind)


def test_what_is_tried() -> None:
    ids = {case.id for case in CASES}
    assert {"create-Booking", "update-Booking", "not_null-Booking.days", "insert_many-Bag"} <= ids
    # It is no JSON.
    assert "jsonb-Bag.things" not in ids


@pytest.mark.parametrize(
    ("kind", "bound"),
    [
        (INT4RANGE, int),
        (INT8RANGE, int),
        (NUMRANGE, Decimal),
        (DATERANGE, dt.date),
        (TSRANGE, dt.datetime),
        (TSTZRANGE, dt.datetime),
    ],
)
def test_ranges(kind: type[Any], bound: type[Any]) -> None:
    column = Column("x", Range, database_type=kind.__visit_name__)
    value = make_value("M", column, Condition(), 1)
    assert value == make_value("M", column, Condition(), 1) != make_value("M", column, Condition(), 2)
    assert type(value.lower) is type(value.upper) is bound
    assert value.lower < value.upper
    if bound is dt.datetime:
        assert (value.lower.tzinfo is None) == (kind is TSRANGE)


def test_what_no_range_can_be_made_of() -> None:
    for column in (
        Column("x", object, database_type="INT4RANGE"),
        Column("x", object, database_type=INT4MULTIRANGE.__visit_name__),
    ):
        with pytest.raises(RowError, match=r"no value can be made for M\.x"):
            make_value("M", column, Condition(), 1)

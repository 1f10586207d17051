"""Models that are declared wrongly are refused at once; none of these needs a database."""

from __future__ import annotations

import inspect
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from records import (
    AsyncDBModel,
    AsyncJoinTableDBModel,
    DBModel,
    DefinitionError,
    JoinTableDBModel,
    LazyAttribute,
    Record,
    column,
)
from records.columns import Column
from records.serialization import from_json_value, to_json_value


class Thing(DBModel):
    TABLE_NAME = "things"

    id: int = column(generated=True)
    label: str | None
    tags: list[str]
    owner_id: int
    owner = LazyAttribute["DBModel"]("Nobody", foreign_key="owner_id")
    pair = LazyAttribute["Pair"]("Pair", foreign_key="owner_id")


class Pair(JoinTableDBModel):
    TABLE_NAME = "pairs"
    PRIMARY_KEY_DB_NAMES = ("left_id", "right_id")

    left_id: int
    right_id: int


def test_columns_come_from_annotations() -> None:
    assert list(Thing.COLUMNS.values()) == [
        Column("id", int, False, is_generated=True),
        Column("label", str, True),
        Column("tags", list, False),
        Column("owner_id", int, False),
    ]


def test_wrong_declarations() -> None:
    with pytest.raises(DefinitionError, match="not both"):
        LazyAttribute["DBModel"]("Thing")
    with pytest.raises(DefinitionError, match="PRIMARY_KEY_DB_NAMES"):
        type("NoKey", (Record,), {"TABLE_NAME": "t", "__annotations__": {"name": str}})
    with pytest.raises(DefinitionError, match="one type"):
        type("Two", (Record,), {"TABLE_NAME": "t", "__annotations__": {"id": int | str}})
    with pytest.raises(DefinitionError, match="cannot replace"):
        type("Taken", (DBModel,), {"TABLE_NAME": "t", "__annotations__": {"id": int, "update": str}})
    for base in (JoinTableDBModel, AsyncJoinTableDBModel):
        with pytest.raises(DefinitionError, match="two columns"):
            type("Alone", (base,), {"TABLE_NAME": "t", "__annotations__": {"id": int}})
    with pytest.raises(DefinitionError, match="no model Nobody"):
        Thing.relationships()["owner"].target  # noqa: B018 - the read is what fails
    with pytest.raises(DefinitionError, match="composite key"):
        Thing.relationships()["pair"].remote  # noqa: B018 - the read is what fails


def methods(model: type[Record]) -> dict[str, list[str]]:
    members = inspect.getmembers(model, inspect.isroutine)
    return {name: list(inspect.signature(member).parameters) for name, member in members if not name.startswith("__")}


@pytest.mark.parametrize(("sync", "asynchronous"), [(DBModel, AsyncDBModel), (JoinTableDBModel, AsyncJoinTableDBModel)])
def test_both_flavours_have_the_same_methods(sync: type[Record], asynchronous: type[Record]) -> None:
    assert methods(sync) == methods(asynchronous)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        date(2026, 1, 2),
        time(3, 4, 5),
        Decimal("12.340"),
        UUID("12345678123456781234567812345678"),
        b"\x00\xff",
        "text",
        7,
        None,
    ],
    ids=repr,
)
def test_json_goes_there_and_back(value: object) -> None:
    back = from_json_value(Column("value", type(value), is_nullable=True), to_json_value(value))
    assert back == value
    assert type(back) is type(value)


def test_equality_is_by_value_and_class() -> None:
    label = str(uuid4())
    assert Thing(id=1, label=label) == Thing(id=1, label=label)
    assert Thing(id=1, label=label) != Thing(id=2, label=label)
    assert Thing(id=1) != object()
    assert repr(Thing(id=1, label="secret")) == "Thing(id=1)"

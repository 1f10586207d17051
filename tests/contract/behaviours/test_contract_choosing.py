"""Columns of which the contract may choose the values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from greenshift.contract import Column, Model
from greenshift.contract.behaviours.choosing import can_hold, free_columns
from greenshift.contract.rows import Rows

COLUMNS = (
    Column("id", int, is_key=True, is_generated=True),
    Column("name", str),
    Column("stored", str, column_name="other_name"),
    Column("size", int),
    Column("version", int),
    Column("kind", str),
    Column("made", str, is_writable=False),
    Column("counter", int, is_generated=True),
    Column("parent_id", int, references=("Thing", "id")),
)


class Things:
    """An adapter that has described its models, and is never opened."""

    def __init__(self, *checks: str) -> None:
        self.described = Model(
            "Thing",
            object,
            "thing",
            {column.name: column for column in COLUMNS},
            keys=("id",),
            checks=checks,
            version="version",
            discriminator=("kind", "thing"),
        )

    def models(self) -> list[Model]:
        return [self.described]


def free(*checks: str, build: Mapping[Any, Any] | None = None) -> set[str]:
    adapter = Things(*checks)
    rows = Rows(adapter, build)  # type: ignore[arg-type]
    return {column.name for column in COLUMNS if can_hold(rows, adapter.described, column)}


def test_what_is_made_or_managed_elsewhere_is_left_alone() -> None:
    assert free() == {"name", "stored", "size"}


@pytest.mark.parametrize(
    ("check", "wanted"),
    [
        ("size > 3", {"name", "stored"}),
        ("other_name IN ('a', 'b')", {"name", "size"}),
        ("name < other_name", {"size"}),
        # Not understood: whatever it speaks of is left alone.
        ("lower(other_name) = reverse(name)", {"size"}),
    ],
)
def test_what_a_condition_speaks_of_is_left_alone(check: str, wanted: set[str]) -> None:
    assert free(check) == wanted


def test_what_the_user_decides_is_left_alone() -> None:
    assert free(build={"Thing.name": "x"}) == {"stored", "size"}


def test_by_type() -> None:
    adapter = Things()
    rows = Rows(adapter)  # type: ignore[arg-type]
    assert [column.name for column in free_columns(rows, adapter.described, str)] == ["name", "stored"]
    assert [column.name for column in free_columns(rows, adapter.described, int, bytes)] == ["size"]

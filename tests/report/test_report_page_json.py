"""A page as JSON has all that the page shows, and the measurements, in a shape that stays."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import pytest
from report.pages_of_parts import pages_of_parts
from report.pages_to_show import HOSTILE, every_block, hostile_page

from greenshift.report.page import Page, Plot, Section, Series
from greenshift.report.page_json import page_as_json


class Colour(Enum):
    RED = "red"


@dataclass
class Measured:
    name: str
    seconds: float


def data(**values: object) -> dict:
    return json.loads(page_as_json(Page("load", "t", "", (), (), values)))["data"]


def test_the_shape() -> None:
    read = json.loads(page_as_json(every_block()))
    assert list(read) == ["version", "tool", "kind", "title", "subtitle", "verdicts", "sections", "data"]
    assert (read["version"], read["kind"], read["tool"]["name"]) == (1, "check", "greenshift")
    assert read["verdicts"][1] == {
        "title": "is it bad",
        "outcome": "bad",
        "answer": "it is bad",
        "because": "for a reason",
    }
    first, folded, _ = read["sections"]
    assert folded["folded"] is True
    assert [block["type"] for block in first["blocks"]] == [
        "figures", "text", "text", "grid", "code", "code", "comparison", "comparison", "item", "plot",
    ]  # fmt: skip
    assert first["blocks"][7]["before"] is None
    assert first["blocks"][8]["code"]["text"] == "x"
    assert first["blocks"][9]["series"][0] == {"name": "a", "x": [1, 2, 3], "y": [1, 4, 9], "low": [], "high": []}


@pytest.mark.parametrize("kind", ["scan", "shift", "verify", "check", "test", "load"])
def test_every_part_makes_json(kind: str) -> None:
    read = json.loads(page_as_json(pages_of_parts()[kind]))
    assert read["kind"] == kind
    assert read["data"]


def test_measurements_of_any_kind() -> None:
    assert data(
        measured=[Measured("a", 0.5)],
        where=Path("a/b"),
        when=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        long=timedelta(minutes=1),
        colour=Colour.RED,
        names={"b", "a"},
        by={1: None, (2, 3): True},
        other=object,
    ) == {
        "measured": [{"name": "a", "seconds": 0.5}],
        "where": "a/b",
        "when": "2026-01-02T03:04:05+00:00",
        "long": 60.0,
        "colour": "red",
        "names": ["a", "b"],
        "by": {"1": None, "(2, 3)": True},
        "other": "<class 'object'>",
    }


def test_numbers_that_json_has_not() -> None:
    plot = Plot("t", "x", "y", (Series("a", (1, math.inf), (math.nan, 2)),), marks=((math.inf, "m"),))
    text = page_as_json(Page("load", "t", "", (), (Section("s", (plot,)),), {"values": (math.nan, -math.inf, 1.5)}))
    read = json.loads(text, parse_constant=pytest.fail)
    assert read["data"]["values"] == [None, None, 1.5]
    assert read["sections"][0]["blocks"][0]["series"][0]["x"] == [1, None]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_goes_through(text: str) -> None:
    shown = page_as_json(hostile_page(text))
    read = json.loads(shown.encode())
    assert read["title"] == text.encode("utf-8", "backslashreplace").decode()


def test_passwords_are_masked_in_texts_and_data() -> None:
    url = "postgresql://app:h!dden@db/shop"
    assert "h!dden" not in page_as_json(hostile_page(url))
    assert data(values=[Measured(url, 1.0)], where=Path("a"))["values"] == [
        {"name": "postgresql://app:***@db/shop", "seconds": 1.0}
    ]

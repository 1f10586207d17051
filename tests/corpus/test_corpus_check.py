"""The list of checked applications, and how a run is held against it."""

from __future__ import annotations

import re

import pytest
from corpus.check import Checked, Judged, Listed, load, markdown

SUMMARY = {"engines": 1, "session_factories": 2, "seconds": 0.25}


def checked(*rules: str, true: tuple[Judged, ...] = ()) -> Checked:
    listed = Listed("somebody/something", "0123456789", "a style", true)
    return Checked(listed, SUMMARY, 1200, tuple({"rule": rule} for rule in rules))


def test_the_list_names_enough_applications_and_their_commits() -> None:
    listed = load()
    assert len({one.repository for one in listed}) >= 15
    assert all(re.fullmatch(r"[0-9a-f]{40}", one.commit) for one in listed)


@pytest.mark.parametrize(
    ("rules", "count", "surprises"),
    [
        ((), 0, []),
        (("GS101",), 0, ["GS101: 1 not judged"]),
        (("GS101", "GS101"), 2, []),
        (("GS101", "GS101", "GS101"), 2, ["GS101: 1 not judged"]),
        (("GS101",), 2, ["GS101: 1 judged, and not found"]),
        (("GS301",), 1, ["GS301: 1 not judged", "GS101: 1 judged, and not found"]),
    ],
)
def test_what_was_not_judged_is_a_surprise(rules: tuple[str, ...], count: int, surprises: list[str]) -> None:
    true = (Judged("GS101", "app/db.py", count, "it is"),) if count else ()
    assert checked(*rules, true=true).surprises == surprises


def test_the_table_says_why_a_finding_is_true() -> None:
    table = markdown([checked("GS101", true=(Judged("GS101", "app/db.py", 1, "a queue in a loop"),)), checked()])
    assert "| `0123456` | 1,200 | 1 | 2 | 0.2 | GS101 (1): a queue in a loop |" in table
    assert table.rstrip().endswith("| none |")

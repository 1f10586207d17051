"""The list of applications for the contract, and how a run is held against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from corpus.contract import Judged, Judgement, Listed, Tried, load, markdown

CASCADE = Judged(("cascade-User.*",), 2, "to null", Judgement.FAULT, "no cascade")


def outcome(identifier: str, message: str = "") -> Mapping[str, Any]:
    return {"id": identifier, "outcome": "failed" if message else "passed", "message": message, "notes": []}


def tried(*tests: Mapping[str, Any], judged: tuple[Judged, ...] = (CASCADE,)) -> Tried:
    listed = Listed("name", "somebody/something", "0123456789", "a style", "app:Base", 1, 3, judged=judged)
    return Tried(listed, tests)


FAILED = (outcome("cascade-User.a", "sets A.user_id to null"), outcome("cascade-User.b", "sets B.user_id to null"))


def test_the_list_names_enough_applications_and_their_commits() -> None:
    listed = load()
    assert len({one.repository for one in listed}) >= 12
    assert all(re.fullmatch(r"[0-9a-f]{40}", one.commit) for one in listed)
    assert all(judged.why and judged.says for one in listed for judged in one.judged)


@pytest.mark.parametrize(
    ("tests", "surprises"),
    [
        ((outcome("create-User"), *FAILED), []),
        ((outcome("create-User"), *FAILED, outcome("read-User")), []),
        ((outcome("create-User"),), ["1 tests, and 3 are listed", "cascade-User.* (to null): 2 judged, 0 found"]),
        ((*FAILED, outcome("read-User")), ["0 models, and 1 are listed"]),
        (
            (outcome("create-User"), FAILED[0], outcome("cascade-User.b", "something else")),
            ["cascade-User.b not judged: something else", "cascade-User.* (to null): 2 judged, 1 found"],
        ),
        ((outcome("create-User"), FAILED[0], outcome("read-User")), ["cascade-User.* (to null): 2 judged, 1 found"]),
        ((outcome("create-User", "it fails"), *FAILED), ["create-User not judged: it fails"]),
    ],
)
def test_what_was_not_judged_is_a_surprise(tests: tuple[Mapping[str, Any], ...], surprises: list[str]) -> None:
    assert tried(*tests).surprises == surprises


def test_the_table_counts_faults_and_what_cannot_be_generated() -> None:
    unmade = Judged(("read-User",), 1, "cannot", Judgement.UNGENERATED, "one row only")
    result = tried(
        outcome("create-User"), *FAILED, outcome("read-User", "cannot be generated"), judged=(CASCADE, unmade)
    )
    assert markdown([result]).splitlines()[2] == ("| `somebody/something` (`0123456`) | a style | 1 | 4 | 1 | 2 | 1 |")

"""A step says either how many users or which rate, and either how long or how many requests."""

from __future__ import annotations

from typing import Any

import pytest

from greenshift.load.errors import LoadError
from greenshift.load.step import Step


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"seconds": 1}, "neither users nor a rate"),
        ({"users": 1}, "either seconds or requests"),
        ({"users": 1, "seconds": 1, "requests": 1}, "either seconds or requests"),
        ({"users": 0, "seconds": 1}, "users = 0"),
        ({"rate": -1, "seconds": 1}, "rate = -1"),
        ({"users": 1, "seconds": 1, "timeout": 0}, "timeout = 0"),
        ({"users": 1, "seconds": 1, "warm_up": -1}, "warm_up = -1"),
    ],
)
def test_what_cannot_be_driven_is_refused(values: dict[str, Any], problem: str) -> None:
    with pytest.raises(LoadError) as caught:
        Step(**values)
    assert problem in caught.value.problem
    assert caught.value.fix


def test_its_label() -> None:
    assert Step(users=1, seconds=1).label == "1 user"
    assert Step(users=50, seconds=1).label == "50 users"
    assert Step(rate=200, seconds=1).label == "200/s"


def test_a_rate_has_users_enough_for_answers_of_a_second() -> None:
    assert Step(rate=50, seconds=1).in_flight == 50
    assert Step(rate=1, seconds=1).in_flight == 10
    assert Step(rate=5000, seconds=1).in_flight == 200
    assert Step(rate=50, users=3, seconds=1).in_flight == 3

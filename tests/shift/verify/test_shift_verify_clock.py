"""What writes is sent to both sides within one second."""

from __future__ import annotations

import pytest

from greenshift.shift.verify.walk import clock
from greenshift.shift.verify.walk.clock import Clock


class Time:
    """A clock that goes on only when somebody waits or works."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.waited: list[float] = []

    def time(self) -> float:
        return self.now

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.waited.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Time:
    found = Time(100.0)
    monkeypatch.setattr(clock, "time", found)
    return found


def test_it_waits_where_the_second_has_no_room_left(at: Time) -> None:
    ours = Clock()
    for begin, lasting, waited in (
        (0.1, 0.2, []),
        (0.6, 0.1, []),
        (0.75, 0.1, [0.25]),
        (0.96, 3, [0.04]),
        (0.51, 0, [0.49]),
    ):
        at.now, at.waited = 200 + begin, []
        with ours.within_a_second():
            assert at.now % 1 < 0.7
            at.now += lasting
        assert at.waited == waited

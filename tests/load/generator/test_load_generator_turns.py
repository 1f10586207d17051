"""When requests are due at a fixed rate, and which requests count."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from time import perf_counter

import pytest

from greenshift.load.generator.turns import ClosedTurns, OpenTurns
from greenshift.load.generator.window import Window


def _open(rate: float, *, seconds: float = 10, sleep: Callable[[float], object] = time.sleep) -> OpenTurns:
    window = Window(seconds, None)
    window.open()
    turns = OpenTurns(window, rate, 0, 1, sleep)
    turns.begin()
    return turns


def test_requests_are_due_at_even_distances() -> None:
    turns = _open(200)
    begun = perf_counter()
    due = [turns.next() for _ in range(20)]
    assert 19 / 200 <= perf_counter() - begun < 1
    for earlier, later in pairwise(due):
        assert later - earlier == pytest.approx(1 / 200, abs=0.004)


def test_what_was_due_while_all_users_waited_counts_from_then() -> None:
    turns = _open(100, seconds=0.105)
    first = turns.next()
    time.sleep(0.12)
    behind = [turns.next() for _ in range(10)]
    assert behind == pytest.approx([first + place / 100 for place in range(1, 11)], abs=0.003)
    assert turns.report()["highest"] == pytest.approx(10, abs=1)


def test_a_generator_that_wakes_up_late_says_so_and_counts_from_the_due_time() -> None:
    turns = _open(100, sleep=lambda seconds: time.sleep(seconds + 0.03))
    first = turns.next()
    second = turns.next()
    assert second - first == pytest.approx(0.01, abs=0.003)
    assert turns.lateness.max >= 0.0


def test_workers_times_lie_between_each_others() -> None:
    window = Window(10, None)
    window.open()
    both = [OpenTurns(window, 50, worker, 2, time.sleep) for worker in range(2)]
    for turns in both:
        turns.begin()
    first, second = (turns.next() for turns in both)
    assert second - first == pytest.approx(0.01, abs=0.004)


def test_what_fell_behind_in_the_warm_up_is_dropped() -> None:
    window = Window(0.1, None)
    turns = OpenTurns(window, 100, 0, 1, time.sleep)
    turns.begin()
    time.sleep(0.2)
    window.open()
    turns.begin_measuring()
    assert turns.next() >= window.begin - 0.001
    assert turns.unsent() <= 10


def test_the_backlog_at_the_end() -> None:
    window = Window(0.1, None)
    window.open()
    turns = OpenTurns(window, 100, 0, 1, time.sleep)
    turns.begin()
    turns.next()
    time.sleep(0.12)
    report = turns.report()
    assert report["last"] == pytest.approx(9, abs=1)
    assert report["oldest"] == pytest.approx(0.09, abs=0.02)


def test_users_that_send_at_once_are_never_behind() -> None:
    window = Window(None, 2)
    window.open()
    turns = ClosedTurns(window)
    assert turns.next() == pytest.approx(perf_counter(), abs=0.01)
    assert window.counts(perf_counter())
    assert window.counts(perf_counter())
    assert turns.next() is None
    assert turns.report() == {"last": 0, "highest": 0, "oldest": 0.0}


def test_what_begins_in_the_time_counts_whenever_it_is_answered() -> None:
    window = Window(0.4, None)
    assert not window.counts(perf_counter())
    window.open()
    assert window.counts(perf_counter())
    time.sleep(0.41)
    assert not window.counts(perf_counter())
    assert not window.over
    window.answered(perf_counter())
    assert window.over
    assert window.seconds == pytest.approx(0.4)


def test_a_number_of_requests_ends_with_the_last_answer() -> None:
    window = Window(None, 2)
    window.open()
    begun = perf_counter()
    assert window.counts(begun)
    assert window.counts(begun)
    assert not window.counts(begun)
    assert window.used_up
    window.answered(begun + 1)
    assert not window.over
    window.answered(begun + 2)
    assert window.seconds == pytest.approx(2, abs=0.01)


def test_answers_to_the_warm_up_count_in_a_time_and_not_in_a_number() -> None:
    for window, holds in ((Window(10, None), True), (Window(None, 5), False)):
        window.open()
        assert window.holds(perf_counter(), counted=False) is holds
        assert window.holds(perf_counter(), counted=True)
        assert not window.holds(window.begin - 1, counted=False)

"""Targets: how they are written, and whether a version meets them."""

from __future__ import annotations

import pytest
from load.comparison.load_samples import driven, inside, load_of

from greenshift.load.comparison.targets import judge, parse_target
from greenshift.load.errors import LoadError
from greenshift.load.results import Measurement
from greenshift.load.step import Step

FIFTY = Step(users=50, requests=1000)
HUNDRED = Step(users=100, seconds=10)
RATE = Step(rate=200, seconds=10)


def judged(text, *measured, steps=(FIFTY,)):
    measurements = [
        Measurement("after", number, steps[-1], *(one if isinstance(one, tuple) else (one, inside())))
        for number, one in enumerate(measured, 1)
    ]
    return judge(parse_target(text), load_of(measurements, list(steps), rounds=len(measured)), "after")


@pytest.mark.parametrize(
    ("text", "metric", "sign", "value", "users", "rate"),
    [
        ("throughput>500@50", "throughput", ">", 500, 50, None),
        ("throughput >= 500/s @ 50", "throughput", ">=", 500, 50, None),
        ("mean<100ms@50", "mean", "<", 0.1, 50, None),
        ("p95 <= 0.2s @200/s", "p95", "<=", 0.2, None, 200),
        ("errors<1%", "errors", "<", 0.01, None, None),
        ("errors<=0", "errors", "<=", 0, None, None),
        ("without-blocking@100", "without-blocking", "", 0, 100, None),
    ],
)
def test_a_target_is_read(text, metric, sign, value, users, rate):
    found = parse_target(text)
    assert (found.metric, found.sign, found.users, found.rate) == (metric, sign, users, rate)
    assert found.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    [
        "throughput",
        "speed>5",
        "mean<100@50",
        "throughput>5ms",
        "mean<100ms@fifty",
        "without-blocking>3",
        ">5",
        "mean=5ms",
    ],
)
def test_what_is_no_target_is_refused(text):
    with pytest.raises(LoadError) as caught:
        parse_target(text)
    assert text in caught.value.problem
    assert "\n" not in caught.value.fix


def test_the_median_of_the_rounds_decides_and_the_range_is_told():
    found = judged("throughput>500@50", driven(FIFTY, 490), driven(FIFTY, 520), driven(FIFTY, 530))
    assert found.met is True
    assert found.answer == "met: 520/s (490/s to 530/s)"
    assert found.because == "the rounds lie on both sides of the limit"
    assert judged("throughput>500@50", driven(FIFTY, 480)).met is False
    assert judged("mean<100ms@50", driven(FIFTY, latency=0.2)).answer == "not met: 200 ms"


def test_quick_failures_meet_nothing():
    found = judged("throughput>500@50", driven(FIFTY, 900, errors=5000))
    assert found.met is False
    assert "of the requests failed" in found.because
    assert judged("errors<1%@50", driven(FIFTY, 900, errors=5000)).met is False


def test_a_saturated_generator_tells_nothing():
    found = judged("throughput>500@50", driven(FIFTY, 900, saturated=True, reason="it used 98 % of its core"))
    assert found.met is None
    assert found.because == "it used 98 % of its core"


def test_without_a_step_it_is_about_the_most_users():
    assert judged("throughput>500", driven(HUNDRED, 900), steps=(FIFTY, HUNDRED)).step == "100 users"
    assert judged("p95<500ms@200/s", driven(RATE), steps=(FIFTY, RATE)).step == "200/s"


def test_a_target_for_a_step_that_is_not_measured_is_refused():
    with pytest.raises(LoadError, match="not measured"):
        judged("throughput>500@77", driven(FIFTY))


def test_without_blocking():
    assert judged("without-blocking@100", driven(HUNDRED), steps=(HUNDRED,)).met is True


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ({"loop_lag_p99": 0.3}, "event loop late at p99 below 100 ms: 300 ms"),
        # 30 wait, 200 are answered a second: 150 ms each.
        ({"threads_waiting": 30.0}, "mean queueing for a thread below 100 ms: 150 ms"),
        ({"pool_waiting": 30.0}, "mean queueing for a connection below 100 ms: 150 ms"),
        ({"pool_longest_wait": 1.5}, "longest wait for a connection below 1.00 s: 1.50 s"),
        ({"pool_timeouts": 2}, "longest wait for a connection below 1.00 s: 0 ms, 2 gave up"),
    ],
)
def test_what_blocks_is_named(seen, said):
    found = judged("without-blocking@100", (driven(HUNDRED), inside(**seen)), steps=(HUNDRED,))
    assert found.met is False
    assert found.because == said


def test_failures_block():
    found = judged("without-blocking@100", driven(HUNDRED, errors=1), steps=(HUNDRED,))
    assert (found.met, found.because) == (False, "no request fails or times out: 1 of 2000")


def test_from_outside_blocking_cannot_be_told():
    found = judged("without-blocking@100", (driven(HUNDRED), None), steps=(HUNDRED,))
    assert found.met is None

"""Why async does not win: each reason with its figure, and none where it wins."""

from __future__ import annotations

from dataclasses import replace

import pytest
from load.comparison.load_samples import POOL, driven, inside, two_versions

from greenshift.load.comparison.judging import judged
from greenshift.load.comparison.reasons import reasons
from greenshift.load.comparison.targets import parse_target
from greenshift.load.driven import EndpointLoad
from greenshift.load.latency import LatencyHistogram
from greenshift.load.results import RouteCost
from greenshift.load.step import Step

STEP = Step(users=20, seconds=10)


def slower(before=None, after=None, **more):
    rounds = [driven(STEP, 200), driven(STEP, 201)], [driven(STEP, 150), driven(STEP, 151)]
    load = two_versions(*rounds, STEP, before or inside(), after or inside())
    return " ".join(reasons(replace(load, **more), STEP))


def test_nothing_is_to_be_said_where_async_wins():
    load = two_versions([driven(STEP, 100), driven(STEP, 101)], [driven(STEP, 150), driven(STEP, 151)], STEP)
    assert reasons(load, STEP) == []


def test_one_round_that_was_quicker_needs_no_reason():
    assert reasons(two_versions([driven(STEP, 100)], [driven(STEP, 150)], STEP), STEP) == []
    assert reasons(two_versions([driven(STEP, 150)], [driven(STEP, 100)], STEP), STEP) != []


@pytest.mark.parametrize(
    ("before", "after", "more", "said"),
    [
        ({}, {"processor": 0.97, "processor_seconds": 0.006}, {}, "uses 97.0 % of its core with 20 users"),
        ({}, {"processor": 1.9, "workers": 2}, {"workers": 2}, "uses 95.0 % of each of its 2 cores"),
        ({}, {"processor_seconds": 0.003}, {}, "takes 3.00 ms of processor after, 2.50 ms before"),
        ({"database_seconds": 0.001, "processor_seconds": 0.005}, {}, {}, "--database-delay puts it as far away"),
        ({"database_seconds": 0.001, "processor_seconds": 0.005}, {}, {"delay": 0.002}, "it is 2.00 ms away"),
        ({}, {"pool_waiting": 5.0, "pool_in_use": 15.0}, {}, "15.0 of at most 15.0 are in use"),
        ({"threads_in_use": 12.0}, {}, {}, "12.0 of Starlette's 40.0 in use"),
        ({}, {"loop_lag_p99": 0.25}, {}, "late by 250 ms at p99 (before: 10.0 ms)"),
        ({}, {"statements": 6.0}, {}, "sends 6.00 statements a request, the one before 4.00"),
    ],
)
def test_each_reason_has_its_figure(before, after, more, said):
    assert said in slower(inside(**before), inside(**after), **more)


def test_the_route_that_sends_more_is_named():
    before = inside(routes=(RouteCost("GET /a", 10, 3.0, 0.01), RouteCost("GET /b", 10, 1.0, 0.01)))
    after = inside(statements=9.0, routes=(RouteCost("GET /a", 10, 40.0, 0.1), RouteCost("GET /b", 10, 1.0, 0.01)))
    assert "For each GET /a the version after sends 40.0 statements, the one before 3.00." in slower(before, after)
    # Also where the mean hides it: the slow requests are few.
    hidden = inside(statements=4.0, routes=after.routes)
    assert "For each GET /a the version after sends 40.0" in slower(before, hidden)


def test_the_requests_that_take_longer_are_named_the_costliest_first():
    def endpoints(**means):
        return tuple(
            EndpointLoad(name, count, 0, 0, LatencyHistogram([mean] * count)) for name, (mean, count) in means.items()
        )

    first = driven(STEP, 200, endpoints=endpoints(read=(0.01, 90), write=(0.02, 10), same=(0.01, 9), new=(0.01, 1)))
    then = driven(STEP, 150, endpoints=endpoints(read=(0.02, 90), write=(0.09, 10), same=(0.011, 9)))
    said = " ".join(reasons(two_versions([first, first], [then, then], STEP, inside(), inside()), STEP))
    assert "With 20 users, most time is added to: read (10.0 ms -> 20.0 ms), write (20.0 ms -> 90.0 ms)." in said


def test_a_saturated_machine_is_named():
    full = [driven(STEP, 200, machine=0.99), driven(STEP, 201, machine=0.98)]
    assert "All cores of this machine are in use (98.0 % at least)" in " ".join(
        reasons(two_versions(full, full, STEP), STEP)
    )


def test_a_pool_with_room_is_no_reason():
    assert "the pool sets the pace" not in slower(inside(), inside(pool_waiting=5.0, pool_in_use=6.0))


def test_without_any_figure_that_explains_it_says_so():
    quiet = inside(threads_waiting=2.0, database_seconds=0.05)
    assert slower(quiet, quiet) == "None of the figures measured inside of the application says why."


def test_one_version_has_nothing_to_be_compared_with():
    load = two_versions([driven(STEP)], [driven(STEP)], STEP)
    alone = replace(load, versions=load.versions[:1], measurements=load.measurements[:1])
    assert reasons(alone, STEP) == []
    assert judged(alone).differences == ()


@pytest.mark.parametrize(
    ("before", "after", "targets", "code"),
    [
        ([200, 201], [300, 301], (), 0),
        ([200, 201], [200.5, 201], (), 0),
        ([200, 201], [150, 151], (), 1),
        ([200, 201], [300, 301], ("throughput>500",), 1),
        ([200, 201], [300, 301], ("throughput>250",), 0),
    ],
)
def test_the_exit_code_says_what_it_came_to(before, after, targets, code):
    load = two_versions([driven(STEP, one) for one in before], [driven(STEP, one) for one in after], STEP)
    assert judged(load, [parse_target(one) for one in targets]).exit_code == code


def test_a_saturated_generator_makes_it_invalid():
    rounds = [driven(STEP, 300, saturated=True, reason="busy"), driven(STEP, 301)]
    judgement = judged(two_versions([driven(STEP, 200), driven(STEP, 201)], rounds, STEP))
    assert judgement.invalid
    assert judgement.exit_code == 2


def test_more_failures_than_before_are_no_success():
    rounds = [driven(STEP, 300, errors=300), driven(STEP, 301, errors=300)]
    assert judged(two_versions([driven(STEP, 200), driven(STEP, 201)], rounds, STEP)).exit_code == 1


def test_the_pool_of_the_sample_has_a_limit():
    assert POOL.limit == 15
    assert POOL.words == "psycopg, QueuePool 5 + 10"

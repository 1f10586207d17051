"""What "so many users without blocking" means, in figures.

A step is without blocking where, in the median of the rounds:

- no request fails and none times out;
- the event loop comes to what is due within 100 ms, for 99 % of the time;
- a request queues for one of Starlette's threads, and for a connection of the pool, less than 100 ms on average (how
  many queue, by how many are answered a second: J. D. C. Little, 1961);
- no taker of a connection waits for a second or longer, or gives up.

It is about waiting for a place, not about speed: a step can be slow because its work is, and still not block.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.load.comparison.figures import inside_spread, written
from greenshift.load.comparison.statistics import Spread
from greenshift.load.results import Measurement

LOOP_LAG: Final = 0.1
QUEUE: Final = 0.1
LONGEST: Final = 1.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One part of the definition.

    Args:
        what: what is asked.
        holds: whether it does; None where it is not known.
        figure: as it was measured.
    """

    what: str
    holds: bool | None
    figure: str


def blocking(measurements: Sequence[Measurement]) -> tuple[Condition, ...]:
    """Judge one step of one version by each condition.

    Args:
        measurements: a round each.
    """
    failed = sum(one.driven.errors + one.driven.timeouts for one in measurements)
    requests = sum(one.driven.requests for one in measurements)
    throughput = Spread(tuple(one.driven.throughput for one in measurements)).median
    lag = inside_spread(measurements, lambda inside: inside.loop_lag_p99).median
    threads = _queue(inside_spread(measurements, lambda inside: inside.threads_waiting).median, throughput)
    pool = _queue(inside_spread(measurements, lambda inside: inside.pool_waiting).median, throughput)
    longest = inside_spread(measurements, lambda inside: inside.pool_longest_wait).median
    gave_up = sum(one.inside.pool_timeouts for one in measurements if one.inside is not None)
    return (
        Condition("no request fails or times out", failed == 0, f"{failed} of {requests}"),
        _below("event loop late at p99", lag, LOOP_LAG),
        _below("mean queueing for a thread", threads, QUEUE),
        _below("mean queueing for a connection", pool, QUEUE),
        Condition(
            f"longest wait for a connection below {written(LONGEST, 's')}",
            None if math.isnan(longest) else longest < LONGEST and not gave_up,
            written(longest, "s") + (f", {gave_up} gave up" if gave_up else ""),
        ),
    )


def _below(what: str, value: float, limit: float) -> Condition:
    return Condition(
        f"{what} below {written(limit, 's')}", None if math.isnan(value) else value < limit, written(value, "s")
    )


def _queue(waiting: float, throughput: float) -> float:
    return waiting / throughput if throughput else math.nan

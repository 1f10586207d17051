"""Long series with fewer points, their highs and lows kept."""

from __future__ import annotations

import math
from typing import NamedTuple

from greenshift.report.html.plots.scales import is_drawn
from greenshift.report.page import Series


class Point(NamedTuple):
    """One point: where, how high, and the ends of its spread (not a number where it has none)."""

    x: float
    y: float
    low: float
    high: float


def points_of(series: Series) -> list[Point]:
    """Return a series' points by ``x``; where lists differ in length, the missing is not a number.

    Args:
        series: the series.
    """
    count = min(len(series.x), len(series.y))
    spread = [
        (float(ends[index]) if index < len(ends) else math.nan)
        for index in range(count)
        for ends in (series.low, series.high)
    ]
    points = [
        Point(float(series.x[index]), float(series.y[index]), spread[2 * index], spread[2 * index + 1])
        for index in range(count)
    ]
    return sorted((point for point in points if is_drawn(point.x)), key=lambda point: point.x)


def thinned(points: list[Point], most: int) -> list[Point]:
    """Return at most so many points: of each run the lowest and the highest, gaps kept.

    Args:
        points: the points, by ``x``.
        most: how many may remain, at least 4.
    """
    if len(points) <= most:
        return points
    runs = most // 2
    kept = []
    for run in range(runs):
        part = points[len(points) * run // runs : len(points) * (run + 1) // runs]
        shown = [index for index, point in enumerate(part) if is_drawn(point.y)]
        if not shown:
            kept.append(part[0])
            continue
        lowest = min(shown, key=lambda index: part[index].y)
        highest = max(shown, key=lambda index: part[index].y)
        kept += [part[index] for index in sorted({lowest, highest})]
    return kept

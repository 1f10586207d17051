"""Series as lines with their spread."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from greenshift.report.html.plots.frame import (
    LINE,
    Area,
    Size,
    draw_marks,
    draw_x_axis,
    draw_y_axis,
    headroom,
    left_margin,
    line,
    text_width,
    title,
    write_label,
)
from greenshift.report.html.plots.numbers import number, tick_labels
from greenshift.report.html.plots.scales import Scale, span_scale, ticks_of, value_scale
from greenshift.report.html.plots.styles import Style, marker
from greenshift.report.html.plots.thinning import Point, points_of, thinned
from greenshift.report.page import Plot

# Up to so many points each is a marker with its values, and its spread has ends; beyond, markers are few and the spread
# is a band.
_FEW: Final = 30
_MARKERS: Final = 7
# Dashes of lines that go up and down within a few pixels would only hide them: these differ by their markers.
_DENSE: Final = 150
_PIXELS_A_POINT: Final = 2


def draw_lines(svg: Element, plot: Plot, styles: list[Style], size: Size) -> None:
    """Draw a plot of lines.

    Args:
        svg: what gets it.
        plot: the plot.
        styles: the look of each series.
        size: how large it is drawn.
    """
    all_points = [points_of(series) for series in plot.series]
    everything = [point for points in all_points for point in points]
    heights = [height for point in everything for height in (point.y, point.low, point.high)]
    heights += [headroom(value) for value, _ in plot.marks]
    area, x_scale, y_scale = _layout(plot, everything, heights, size)
    draw_y_axis(svg, area, y_scale, size.ticks)
    draw_x_axis(svg, area, x_scale, x_ticks(x_scale, everything, area, size))
    write_label(svg, plot.y_label, 2, 12, size)
    write_label(svg, plot.x_label, (area.left + area.right) / 2, size.height - 4, size, "middle")
    drawn: list[tuple[float, float]] = []
    most = int((area.right - area.left) / _PIXELS_A_POINT)
    for series, points, style in zip(plot.series, all_points, styles, strict=True):
        dense = len(points) > _DENSE
        group = SubElement(svg, "g", {"class": f"series {style.colour}{' dense' if dense else ''}"})
        shown = thinned([point for point in points if x_scale.shows(point.x)], most)
        few = len(points) <= _FEW
        _spread(group, shown, x_scale, y_scale, few=few)
        for run in _runs(shown, y_scale):
            _line(group, run, "" if dense else style.dash, x_scale, y_scale)
        _markers(group, shown, series.name, style, (x_scale, y_scale), every=1 if few else len(shown) // _MARKERS)
        drawn += [(x_scale.place(point.x), y_scale.place(point.y)) for point in shown if y_scale.shows(point.y)]
    draw_marks(svg, area, y_scale, plot.marks, drawn)


def _layout(plot: Plot, points: list[Point], heights: list[float], size: Size) -> tuple[Area, Scale, Scale]:
    logarithmic = plot.y_scale == "log"
    top, bottom = 26.0, size.height - 2 * LINE - 12
    y_scale = value_scale(heights, bottom, top, logarithmic=logarithmic, ticks=size.ticks, from_zero=True)
    left = left_margin(y_scale, size.ticks)
    area = Area(left, top, size.width - 14, bottom)
    x_scale = span_scale((point.x for point in points), area.left, area.right, logarithmic=plot.x_scale == "log")
    return area, x_scale, y_scale


def x_ticks(scale: Scale, points: list[Point], area: Area, size: Size) -> list[float]:
    """Return where the axis below has its ticks: at the points where these are few and apart, else at round values.

    Args:
        scale: the axis.
        points: what is drawn.
        area: where it is drawn.
        size: how large.
    """
    places = sorted({point.x for point in points if scale.shows(point.x)})
    if 1 <= len(places) <= 8:
        labels = [text_width(label) for label in tick_labels(places)]
        ends = [(scale.place(place), width / 2) for place, width in zip(places, labels, strict=True)]
        if all(right[0] - left[0] > left[1] + right[1] + 6 for left, right in pairwise(ends)):
            return places
    return [tick for tick in ticks_of(scale, size.ticks) if area.left - 1 <= scale.place(tick) <= area.right + 1]


def _runs(points: list[Point], scale: Scale) -> Iterator[list[Point]]:
    run: list[Point] = []
    for point in points:
        if scale.shows(point.y):
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _line(group: Element, run: list[Point], dash: str, x_scale: Scale, y_scale: Scale) -> None:
    if len(run) < 2:
        return
    places = " ".join(f"{x_scale.place(point.x):.1f},{y_scale.place(point.y):.1f}" for point in run)
    given = {"stroke-dasharray": dash} if dash else {}
    SubElement(group, "polyline", {"class": "line", "points": places, **given})


def _spread(group: Element, points: list[Point], x_scale: Scale, y_scale: Scale, *, few: bool) -> None:
    spread = [point for point in points if y_scale.shows(point.low) and y_scale.shows(point.high)]
    if few:
        for point in spread:
            x, low, high = x_scale.place(point.x), y_scale.place(point.low), y_scale.place(point.high)
            line(group, "whisker", x, low, x, high)
            for y in (low, high):
                line(group, "whisker", x - 3, y, x + 3, y)
    elif len(spread) > 1:
        above = [f"{x_scale.place(point.x):.1f},{y_scale.place(point.high):.1f}" for point in spread]
        below = [f"{x_scale.place(point.x):.1f},{y_scale.place(point.low):.1f}" for point in reversed(spread)]
        SubElement(group, "polygon", {"class": "band", "points": " ".join(above + below)})


def _markers(
    group: Element, points: list[Point], name: str, style: Style, scales: tuple[Scale, Scale], every: int
) -> None:
    x_scale, y_scale = scales
    shown = [point for point in points if y_scale.shows(point.y)]
    for index, point in enumerate(shown):
        # A point without neighbours would not be seen at all.
        if index % max(every, 1) == 0 or len(shown) == 1:
            element = marker(group, style, x_scale.place(point.x), y_scale.place(point.y))
            title(element, point_text(name, point))


def point_text(name: str, point: Point) -> str:
    """Return what a point says when a pointer rests on it."""
    spread = ""
    if not (math.isnan(point.low) or math.isnan(point.high)):
        spread = f" ({number(point.low)} to {number(point.high)})"
    return f"{name}: {number(point.y)}{spread} at {number(point.x)}"

"""Series as groups of bars: upright where the categories' names fit below, else lying."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from greenshift.report.html.plots.frame import (
    LINE,
    Area,
    Size,
    draw_marks,
    draw_y_axis,
    headroom,
    left_margin,
    line,
    shortened,
    text_width,
    title,
    write,
    write_label,
)
from greenshift.report.html.plots.numbers import number, tick_labels
from greenshift.report.html.plots.scales import Scale, is_drawn, ticks_of, value_scale
from greenshift.report.html.plots.styles import Style
from greenshift.report.page import Plot

MOST_LYING: Final = 40
"""So many categories are drawn at most where the bars lie; the table has all."""
_NUMBERLIKE: Final = re.compile(r"\s*[<>≤≥]?\s*[-+]?[\d.,]")
_LYING_BAR: Final = 14.0
_FEWEST_STANDING: Final = 4


class Bar(NamedTuple):
    """One bar: its category's place, its series' place, and its values."""

    category: int
    series: int
    y: float
    low: float
    high: float


def bars_of(plot: Plot) -> Iterator[Bar]:
    """Yield the bars of a plot: those that have a category and a finite value."""
    for number_of_series, series in enumerate(plot.series):
        for category, y in enumerate(series.y[: len(plot.categories)]):
            low = series.low[category] if category < len(series.low) else math.nan
            high = series.high[category] if category < len(series.high) else math.nan
            if is_drawn(y):
                yield Bar(category, number_of_series, y, low, high)


def draw_bars(svg: Element, plot: Plot, styles: list[Style], size: Size) -> float:
    """Draw a plot of bars and return its height in pixels, which grows with the categories where the bars lie.

    Args:
        svg: what gets it.
        plot: the plot.
        styles: the look of each series.
        size: how large it is drawn.
    """
    if stand(plot, size):
        _draw_standing(svg, plot, styles, size)
        return size.height
    return _draw_lying(svg, plot, styles, size)


def stand(plot: Plot, size: Size) -> bool:
    """Whether a plot's bars stand, since the names of their categories fit below them.

    Args:
        plot: the plot.
        size: how large it is drawn.
    """
    # A few bars are read more easily below each other.
    if len(plot.categories) < _FEWEST_STANDING:
        return False
    room = (size.width - 60) / len(plot.categories)
    if room < 3 * max(len(plot.series), 1):
        return False
    if all(text_width(name) + 4 <= room for name in plot.categories):
        return True
    # Of numbers in a row some can be left out.
    return len(plot.categories) > 8 and all(_NUMBERLIKE.match(name) for name in plot.categories)


def _values(plot: Plot) -> list[float]:
    return [value for bar in bars_of(plot) for value in (bar.y, bar.low, bar.high)] + [
        headroom(mark) for mark, _ in plot.marks
    ]


def _draw_standing(svg: Element, plot: Plot, styles: list[Style], size: Size) -> None:
    logarithmic = plot.y_scale == "log"
    top, bottom = 26.0, size.height - 2 * LINE - 12
    scale = value_scale(_values(plot), bottom, top, logarithmic=logarithmic, ticks=size.ticks, from_zero=True)
    left = left_margin(scale, size.ticks)
    area = Area(left, top, size.width - 14, bottom)
    draw_y_axis(svg, area, scale, size.ticks)
    write_label(svg, plot.y_label, 2, 12, size)
    write_label(svg, plot.x_label, (area.left + area.right) / 2, size.height - 4, size, "middle")
    room = (area.right - area.left) / max(len(plot.categories), 1)
    _names_below(svg, plot, area, room)
    width = min(room * 0.8 / max(len(plot.series), 1), 48)
    base = scale.place(max(scale.low, 0.0) if not scale.logarithmic else scale.low)
    groups = _groups(svg, styles)
    has_room = all(text_width(number(bar.y)) <= width for bar in bars_of(plot)) and not plot.marks
    for bar in bars_of(plot):
        if not scale.shows(bar.y):
            continue
        x = area.left + room * (bar.category + 0.5) + width * (bar.series - len(plot.series) / 2)
        y = scale.place(bar.y)
        gap = min(1.0, width / 8)
        element = _rectangle(groups[bar.series], x + gap, min(y, base), width - 2 * gap, abs(y - base))
        title(element, _bar_text(plot, bar))
        if has_room and bar.y >= 0 and math.isnan(bar.high):
            write(groups[bar.series], number(bar.y), x + width / 2, y - 4, "value", "middle")
        if scale.shows(bar.low) and scale.shows(bar.high):
            middle, low, high = x + width / 2, scale.place(bar.low), scale.place(bar.high)
            line(groups[bar.series], "whisker over", middle, low, middle, high)
            for end in (low, high):
                line(groups[bar.series], "whisker over", middle - 3, end, middle + 3, end)
    tops = [(area.left + room * (bar.category + 0.5), scale.place(bar.y)) for bar in bars_of(plot)]
    draw_marks(svg, area, scale, plot.marks, tops)


def _names_below(svg: Element, plot: Plot, area: Area, room: float) -> None:
    group = SubElement(svg, "g", {"class": "axis x"})
    line(group, "edge", area.left, area.bottom, area.right, area.bottom)
    widest = max(text_width(name) for name in plot.categories)
    # Where not all fit, every second, third... has its name.
    every = math.ceil((widest + 4) / room)
    for index, name in list(enumerate(plot.categories))[::every]:
        x, half = area.left + room * (index + 0.5), text_width(name) / 2
        if x - half >= 0 and x + half <= area.right + 14:
            write(group, name, x, area.bottom + LINE + 2, "tick", "middle")


def _draw_lying(svg: Element, plot: Plot, styles: list[Style], size: Size) -> float:
    names = plot.categories[:MOST_LYING]
    left = min(max((text_width(name) for name in names), default=0.0), size.width * 0.46) + 8
    thickness = _LYING_BAR if len(plot.series) < 3 else 10.0
    room = thickness * max(len(plot.series), 1) + 8
    top = 22.0
    area = Area(left, top, size.width - 60, top + room * len(names))
    scale = value_scale(
        _values(plot), area.left, area.right, logarithmic=plot.y_scale == "log", ticks=size.ticks - 1, from_zero=True
    )
    _values_below(svg, area, scale, size)
    group = SubElement(svg, "g", {"class": "axis y"})
    for index, name in enumerate(names):
        label = write(group, shortened(name, left - 8), left - 6, area.top + room * (index + 0.5) + 4, "tick", "end")
        title(label, name)
    base = scale.place(max(scale.low, 0.0) if not scale.logarithmic else scale.low)
    groups = _groups(svg, styles)
    for bar in bars_of(plot):
        if bar.category >= len(names) or not scale.shows(bar.y):
            continue
        y = area.top + room * bar.category + 4 + thickness * bar.series
        x = scale.place(bar.y)
        element = _rectangle(groups[bar.series], min(x, base), y + 1, abs(x - base), thickness - 2)
        title(element, _bar_text(plot, bar))
        end = max(x, base)
        if scale.shows(bar.low) and scale.shows(bar.high):
            low, high, middle = scale.place(bar.low), scale.place(bar.high), y + thickness / 2
            line(groups[bar.series], "whisker over", low, middle, high, middle)
            end = max(end, high)
        write(groups[bar.series], number(bar.y), end + 4, y + thickness - 3, "value")
    _marks_down(svg, area, scale, plot)
    write_label(svg, plot.y_label, (area.left + area.right) / 2, area.bottom + 2 * LINE + 4, size, "middle")
    write_label(svg, plot.x_label, 2, 12, size)
    return area.bottom + 2 * LINE + 10


def _values_below(svg: Element, area: Area, scale: Scale, size: Size) -> None:
    group = SubElement(svg, "g", {"class": "axis x"})
    ticks = ticks_of(scale, size.ticks - 1)
    free = -1e9
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        x, half = scale.place(tick), text_width(label) / 2
        line(group, "zero" if tick == 0 else "grid", x, area.top, x, area.bottom)
        if x - half >= free:
            write(group, label, x, area.bottom + LINE, "tick", "middle")
            free = x + half + 6


def _marks_down(svg: Element, area: Area, scale: Scale, plot: Plot) -> None:
    group = SubElement(svg, "g", {"class": "marks"})
    for value, name in plot.marks:
        if scale.shows(value):
            x = scale.place(value)
            title(line(group, "mark", x, area.top, x, area.bottom), f"{name}: {number(value)}")
            anchor = "end" if x > (area.left + area.right) / 2 else "start"
            write(group, shortened(name, (area.right - area.left) / 2), x, area.top - 5, "mark", anchor)


def _groups(svg: Element, styles: list[Style]) -> list[Element]:
    return [SubElement(svg, "g", {"class": f"series {style.colour}"}) for style in styles]


def _rectangle(parent: Element, x: float, y: float, width: float, height: float) -> Element:
    places = {"x": x, "y": y, "width": max(width, 0.5), "height": max(height, 0.5)}
    return SubElement(parent, "rect", {"class": "bar", **{name: f"{place:.1f}" for name, place in places.items()}})


def _bar_text(plot: Plot, bar: Bar) -> str:
    spread = "" if math.isnan(bar.low) or math.isnan(bar.high) else f" ({number(bar.low)} to {number(bar.high)})"
    return f"{plot.categories[bar.category]}, {plot.series[bar.series].name}: {number(bar.y)}{spread}"

"""A plot whole: drawn for wide and for narrow screens, with its legend, its words and its numbers."""

from __future__ import annotations

import math
import statistics
from itertools import count
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from greenshift.report.html.plots.bars import MOST_LYING, bars_of, draw_bars, stand
from greenshift.report.html.plots.frame import NARROW, WIDE, Size
from greenshift.report.html.plots.lines import draw_lines
from greenshift.report.html.plots.numbers import number
from greenshift.report.html.plots.scales import is_drawn
from greenshift.report.html.plots.styles import Style, Styles, marker
from greenshift.report.html.plots.thinning import points_of
from greenshift.report.page import Grid, Page, Plot, Series

# A longer table of points is no reading: it is summed up.
_MOST_ROWS: Final = 60


class Entry(NamedTuple):
    """A line of the legend: its sign and its name."""

    sign: Markup
    name: str


class Figure(NamedTuple):
    """A plot as the template shows it.

    Attributes:
        plot: the plot.
        drawings: the same plot for wide and for narrow screens; none where there is nothing to draw.
        legend: its series.
        table: its numbers.
        note: what of it is not drawn.
    """

    plot: Plot
    drawings: tuple[Markup, ...]
    legend: tuple[Entry, ...]
    table: Grid
    note: str = ""


class Figures:
    """Draws the plots of one page.

    Args:
        page: the page.
    """

    def __init__(self, page: Page) -> None:
        self._styles = Styles(page)
        self._numbers = count(1)

    def draw(self, plot: Plot) -> Figure:
        """Return a plot, drawn.

        Args:
            plot: the plot.
        """
        styles = self._styles.of(plot)
        table = _bar_table(plot) if plot.kind == "bars" else _line_table(plot)
        if not _has_something(plot):
            return Figure(plot, (), (), table, "There is nothing to draw: no value was measured.")
        identity = next(self._numbers)
        drawings = tuple(self._drawing(plot, styles, size, f"plot-{identity}-{size.name}") for size in (WIDE, NARROW))
        legend = tuple(
            Entry(_sign(style, bar=plot.kind == "bars"), series.name)
            for style, series in zip(styles, plot.series, strict=True)
            if series.name and len(plot.series) > 1
        )
        return Figure(plot, drawings, legend, table, _note(plot))

    def _drawing(self, plot: Plot, styles: list[Style], size: Size, identity: str) -> Markup:
        svg = Element("svg", {"class": f"plot {size.name}", "role": "img"})
        svg.set("aria-labelledby", f"{identity}-title {identity}-desc")
        SubElement(svg, "title", {"id": f"{identity}-title"}).text = plot.title
        SubElement(svg, "desc", {"id": f"{identity}-desc"}).text = description(plot)
        height = size.height
        if plot.kind == "bars":
            height = draw_bars(svg, plot, styles, size)
        else:
            draw_lines(svg, plot, styles, size)
        svg.set("viewBox", f"0 0 {size.width:g} {height:g}")
        # Escaped by the serializer.
        return Markup(tostring(svg, encoding="unicode", method="html"))  # noqa: S704


def description(plot: Plot) -> str:
    """Return in words what a plot shows.

    Args:
        plot: the plot.
    """
    parts = [f"{plot.y_label} by {plot.x_label}." if plot.x_label else f"{plot.y_label}."]
    for series in plot.series:
        values = [value for value in series.y if math.isfinite(value)]
        if values:
            parts.append(f"{series.name}: {len(values)} values, from {number(min(values))} to {number(max(values))}.")
    parts += [f"{name}: {number(value)}." for value, name in plot.marks]
    return " ".join(parts)


def _has_something(plot: Plot) -> bool:
    if plot.kind == "bars":
        return any(True for _ in bars_of(plot))
    return any(is_drawn(point.y) for series in plot.series for point in points_of(series))


def _note(plot: Plot) -> str:
    notes = []
    if plot.kind == "bars" and len(plot.categories) > MOST_LYING and not stand(plot, WIDE):
        notes.append(f"The first {MOST_LYING} of {len(plot.categories)} are drawn; the numbers have all.")
    if plot.y_scale == "log" and any(value <= 0 for series in plot.series for value in series.y):
        notes.append("What is zero or less has no place on a logarithmic axis.")
    return " ".join(notes)


def _sign(style: Style, *, bar: bool) -> Markup:
    svg = Element("svg", {"class": f"sign series {style.colour}", "viewBox": "0 0 30 12", "aria-hidden": "true"})
    if bar:
        SubElement(svg, "rect", {"class": "bar", "x": "8", "y": "1", "width": "14", "height": "10"})
    else:
        given = {"stroke-dasharray": style.dash} if style.dash else {}
        SubElement(svg, "polyline", {"class": "line", "points": "1,6 29,6", **given})
        marker(svg, style, 15, 6)
    return Markup(tostring(svg, encoding="unicode", method="html"))  # noqa: S704


def _bar_table(plot: Plot) -> Grid:
    rows = tuple(
        (name, *(_cell(series, index) for series in plot.series)) for index, name in enumerate(plot.categories)
    )
    return Grid(
        (plot.x_label, *(series.name for series in plot.series)), rows, numeric=tuple(range(1, len(plot.series) + 1))
    )


def _cell(series: Series, index: int) -> str:
    if index >= len(series.y):
        return ""
    spread = ""
    if index < len(series.low) and index < len(series.high):
        spread = f" ({number(series.low[index])} to {number(series.high[index])})"
    return number(series.y[index]) + spread


def _line_table(plot: Plot) -> Grid:
    places = sorted({x for series in plot.series for x in series.x if math.isfinite(x)})
    if len(places) > _MOST_ROWS:
        return _summary_table(plot)
    rows = []
    at = [{x: index for index, x in enumerate(series.x)} for series in plot.series]
    for x in places:
        cells = (_cell(series, where[x]) if x in where else "" for series, where in zip(plot.series, at, strict=True))
        rows.append((number(x), *cells))
    heads = (plot.x_label, *(series.name for series in plot.series))
    return Grid(heads, tuple(rows), numeric=tuple(range(len(heads))))


def _summary_table(plot: Plot) -> Grid:
    rows = []
    for series in plot.series:
        values = [value for value in series.y if math.isfinite(value)]
        if values:
            figures = (values[0], min(values), statistics.median(values), max(values), values[-1])
            rows.append((series.name, str(len(values)), *map(number, figures)))
    heads = ("series", "points", "first", "lowest", "median", "highest", "last")
    return Grid(heads, tuple(rows), numeric=tuple(range(1, len(heads))), caption=plot.y_label)

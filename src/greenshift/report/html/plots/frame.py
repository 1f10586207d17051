"""The SVG element around a plot: its area, axes, grid, and named lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from greenshift.report.html.plots.numbers import number, tick_labels
from greenshift.report.html.plots.scales import Scale, is_drawn, ticks_of

# Widths in a wide font (DejaVu Sans) at the size of the axis's labels, 12 px: other fonts need less.
CHARACTER: Final = 7.7
_WIDTHS: Final = {
    **dict.fromkeys("ijl.,:;'|!()[]{} /\\It`", 4.8),
    **dict.fromkeys("mwMW@%\N{HORIZONTAL ELLIPSIS}", 12.0),
    **dict.fromkeys("ABCDEFGHJKLNOPQRSTUVXYZ+=<>~&", 10.1),
}
LINE: Final = 15.0


class Size(NamedTuple):
    """How large a plot is drawn, in pixels, and for which screens."""

    name: str
    width: float
    height: float
    ticks: int


WIDE: Final = Size("wide", 640, 320, 6)
NARROW: Final = Size("narrow", 336, 270, 4)


class Area(NamedTuple):
    """Where values are drawn, in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def text_width(text: str) -> float:
    """Return how wide a label is at most, in pixels."""
    return sum(_WIDTHS.get(one, CHARACTER if ord(one) < 0x1100 else 16.0) for one in text)


def shortened(text: str, room: float) -> str:
    """Return a label that fits, its middle left out where it does not.

    Args:
        text: the label.
        room: in pixels.
    """
    if text_width(text) <= room + 0.01:
        return text
    # The end of a path or of a test's name says more than its beginning.
    for left in range(min(len(text), int(room / min(_WIDTHS.values()))), 0, -1):
        head = left // 3
        shown = f"{text[:head]}\N{HORIZONTAL ELLIPSIS}{text[len(text) - (left - head) :]}"
        if text_width(shown) <= room:
            return shown
    return "\N{HORIZONTAL ELLIPSIS}"


def write(parent: Element, text: str, x: float, y: float, kind: str, anchor: str = "start") -> Element:
    """Write a text.

    Args:
        parent: the SVG element that gets it.
        text: what to write.
        x: its place, in pixels.
        y: its base line, in pixels.
        kind: its class in the style sheet.
        anchor: ``start``, ``middle`` or ``end``: what of it is at ``x``.
    """
    element = SubElement(parent, "text", {"class": kind, "x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor})
    element.text = text
    return element


def write_label(parent: Element, text: str, x: float, y: float, size: Size, anchor: str = "start") -> None:
    """Write what an axis shows, shortened where it is longer than the drawing.

    Args:
        parent: the SVG element that gets it.
        text: what to write.
        x: its place, in pixels.
        y: its base line, in pixels.
        size: how large the plot is drawn.
        anchor: ``start``, ``middle`` or ``end``: what of it is at ``x``.
    """
    room = size.width - x if anchor == "start" else 2 * min(x, size.width - x)
    shown = shortened(text, room - 4)
    label = write(parent, shown, x, y, "label", anchor)
    if shown != text:
        title(label, text)


def line(parent: Element, kind: str, x1: float, y1: float, x2: float, y2: float) -> Element:
    """Draw a straight line of a class in the style sheet; places are in pixels."""
    places = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    return SubElement(parent, "line", {"class": kind, **{name: f"{place:.1f}" for name, place in places.items()}})


def title(parent: Element, text: str) -> None:
    """Give an element the text that is shown when a pointer rests on it."""
    SubElement(parent, "title").text = text


def left_margin(scale: Scale, ticks: int) -> float:
    """Return the room that the labels of an axis at the left need, in pixels.

    Args:
        scale: the axis.
        ticks: about how many ticks it has.
    """
    labels = tick_labels(ticks_of(scale, ticks))
    return max([text_width(label) for label in labels] + [2 * CHARACTER]) + 12


def draw_y_axis(svg: Element, area: Area, scale: Scale, ticks: int) -> None:
    """Draw the axis at the left: its labels and the grid's lines."""
    group = SubElement(svg, "g", {"class": "axis y"})
    places = ticks_of(scale, ticks)
    for tick, label in zip(places, tick_labels(places), strict=True):
        y = scale.place(tick)
        line(group, "zero" if tick == 0 else "grid", area.left, y, area.right, y)
        write(group, label, area.left - 6, y + 4, "tick", "end")


def draw_x_axis(svg: Element, area: Area, scale: Scale, ticks: Sequence[float], *, grid: bool = False) -> None:
    """Draw the axis below: its line, ticks, and those labels that do not touch each other.

    Args:
        svg: what gets it.
        area: where values are drawn.
        scale: the axis.
        ticks: the places of its ticks.
        grid: whether lines go up from them.
    """
    group = SubElement(svg, "g", {"class": "axis x"})
    line(group, "edge", area.left, area.bottom, area.right, area.bottom)
    free = -1e9
    for tick, label in zip(ticks, tick_labels(ticks), strict=True):
        x = scale.place(tick)
        if grid:
            line(group, "grid", x, area.top, x, area.bottom)
        line(group, "edge", x, area.bottom, x, area.bottom + 4)
        half = text_width(label) / 2
        if x - half >= free:
            write(group, label, x, area.bottom + LINE + 2, "tick", "middle")
            free = x + half + 6


def headroom(mark: float) -> float:
    """Return how far an axis must reach so that the name of a line at a height has its place above the line.

    Args:
        mark: the height.
    """
    if not is_drawn(mark) or mark <= 0:
        return mark
    # What is counted stays whole, and so do the axis's ticks.
    return float(math.ceil(mark * 1.06)) if float(mark).is_integer() else mark * 1.06


def draw_marks(
    svg: Element,
    area: Area,
    scale: Scale,
    marks: Sequence[tuple[float, str]],
    drawn: Sequence[tuple[float, float]] = (),
) -> None:
    """Draw dashed lines across the area, each with its name above it; names that would touch change sides.

    Args:
        svg: what gets them.
        area: where values are drawn.
        scale: the axis at the left.
        marks: the heights with their names.
        drawn: the places of the points in the area: a name stands at the side where fewer are in its way.
    """
    group = SubElement(svg, "g", {"class": "marks"})
    used: dict[str, list[float]] = {"end": [], "start": []}
    middle = (area.left + area.right) / 2
    for value, name in sorted(marks, key=lambda one: one[0]):
        if not scale.shows(value):
            continue
        y = scale.place(value)
        line(group, "mark", area.left, y, area.right, y)
        below = y - LINE < area.top
        base = y + 12 if below else y - 5
        near = [x for x, height in drawn if abs(height - base + 4) < LINE]
        crowded = {"start": sum(x < middle for x in near), "end": sum(x >= middle for x in near)}
        sides = sorted(used, key=lambda side: crowded[side])
        anchor = next((side for side in sides if all(abs(base - other) >= LINE for other in used[side])), "")
        if not anchor:
            continue
        used[anchor].append(base)
        x = area.right - 2 if anchor == "end" else area.left + 4
        label = write(group, shortened(name or number(value), (area.right - area.left) * 0.7), x, base, "mark", anchor)
        title(label, f"{name}: {number(value)}")

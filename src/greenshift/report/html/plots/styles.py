"""How series differ: by colour, by dash and by marker, so that one of them is enough."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

from greenshift.report.page import Page, Plot

DASHES: Final = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2 1 2")
MARKERS: Final = ("circle", "square", "triangle", "diamond", "cross", "ring")
STYLES: Final = len(MARKERS)


class Style(NamedTuple):
    """One series' look; its colour is the class ``s0``, ``s1``... of the style sheet."""

    number: int

    @property
    def colour(self) -> str:
        """The class that gives it its colour."""
        return f"s{self.number}"

    @property
    def dash(self) -> str:
        """The dashes of its line."""
        return DASHES[self.number]

    @property
    def marker(self) -> str:
        """The shape of its points."""
        return MARKERS[self.number]


class Styles:
    """The looks of a page's series: what has the same name in several plots looks the same in all of them.

    Args:
        page: the page.
    """

    def __init__(self, page: Page) -> None:
        plots = [block for section in page.sections for block in section.blocks if isinstance(block, Plot)]
        counts = Counter(name for plot in plots for name in {series.name for series in plot.series})
        names = dict.fromkeys(series.name for plot in plots for series in plot.series if counts[series.name] > 1)
        self._numbers = {name: number % STYLES for number, name in enumerate(names)}

    def of(self, plot: Plot) -> list[Style]:
        """Return the look of each series of a plot; no two are alike as long as there are looks."""
        chosen: dict[int, int] = {}
        for place, series in enumerate(plot.series):
            number = self._numbers.get(series.name)
            if number is not None and number not in chosen.values():
                chosen[place] = number
        for place in range(len(plot.series)):
            if place not in chosen:
                free = (number for number in range(STYLES) if number not in chosen.values())
                chosen[place] = next(free, place % STYLES)
        return [Style(chosen[place]) for place in range(len(plot.series))]


def marker(parent: Element, style: Style, x: float, y: float, size: float = 3.5) -> Element:
    """Draw a point.

    Args:
        parent: the SVG element that gets it.
        style: the series' look.
        x: its place, in pixels.
        y: its place, in pixels.
        size: half of its width, in pixels.
    """
    s = size
    paths = {
        "square": f"M{x - s:.1f} {y - s:.1f}h{2 * s:.1f}v{2 * s:.1f}h{-2 * s:.1f}z",
        "triangle": f"M{x:.1f} {y - 1.2 * s:.1f}l{1.2 * s:.1f} {2.1 * s:.1f}h{-2.4 * s:.1f}z",
        "diamond": f"M{x:.1f} {y - 1.4 * s:.1f}l{1.3 * s:.1f} {1.4 * s:.1f}l{-1.3 * s:.1f} {1.4 * s:.1f}"
        f"l{-1.3 * s:.1f} {-1.4 * s:.1f}z",
        "cross": f"M{x - s:.1f} {y - s:.1f}l{2 * s:.1f} {2 * s:.1f}m0 {-2 * s:.1f}l{-2 * s:.1f} {2 * s:.1f}",
    }
    kind = style.marker
    if kind in paths:
        return SubElement(parent, "path", {"class": f"point {kind}", "d": paths[kind]})
    place = {"cx": f"{x:.1f}", "cy": f"{y:.1f}", "r": f"{s:.1f}"}
    return SubElement(parent, "circle", {"class": f"point {kind}", **place})

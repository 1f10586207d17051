"""Plots: round ticks, long series thinned, looks that differ, and no data that breaks them."""

import math
import re
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.markup import Element, parsed

from greenshift.report.html import render_page
from greenshift.report.html.plots.figure import description
from greenshift.report.html.plots.numbers import number, tick_labels
from greenshift.report.html.plots.scales import Scale, nice_step, span_scale, ticks_of, value_scale
from greenshift.report.html.plots.styles import DASHES, MARKERS, Styles
from greenshift.report.html.plots.thinning import Point, points_of, thinned
from greenshift.report.page import Page, Plot, Section, Series

finite = st.floats(allow_nan=False, allow_infinity=False)
anything = st.floats() | st.integers(-(10**12), 10**12)


def page_with(*plots: Plot) -> Page:
    return Page("load", "t", "", (), (Section("s", plots),))


def drawn(*plots: Plot) -> list[Element]:
    """Return the wide drawing of each plot."""
    return parsed(render_page(page_with(*plots))).all("svg", of="wide")


def texts(drawing: Element, kind: str) -> list[str]:
    return [one.text for one in drawing.all("text", of=kind)]


@pytest.mark.parametrize(
    ("rough", "step"), [(0.9, 1), (1, 1), (1.1, 2), (2.2, 2.5), (3, 5), (7, 10), (0.03, 0.05), (120, 200), (0, 1)]
)
def test_steps_are_round(rough: float, step: float) -> None:
    assert nice_step(rough) == pytest.approx(step)


def test_an_axis_begins_at_zero_and_ends_at_a_round_value() -> None:
    scale = value_scale([13.2, 87.9], 100, 0, logarithmic=False, ticks=5, from_zero=True)
    assert (scale.low, scale.high) == (0, 100)
    assert ticks_of(scale, 5) == [0, 20, 40, 60, 80, 100]
    assert [scale.place(value) for value in (0, 50, 100)] == [100, 50, 0]


def test_what_is_counted_has_no_halves() -> None:
    scale = value_scale([1, 2], 100, 0, logarithmic=False, ticks=6, from_zero=True)
    assert ticks_of(scale, 6) == [0, 1, 2]
    assert ticks_of(value_scale([1, 12], 100, 0, logarithmic=False, ticks=6, from_zero=True), 6) == [
        0,
        2,
        4,
        6,
        8,
        10,
        12,
    ]
    assert ticks_of(value_scale([1, 15], 100, 0, logarithmic=False, ticks=6, from_zero=True), 6) == [0, 5, 10, 15]


def test_a_logarithmic_axis_has_equal_distances_for_equal_ratios() -> None:
    scale = value_scale([3, 800, 0, -5], 300, 0, logarithmic=True, ticks=6, from_zero=True)
    assert (scale.low, scale.high) == (2, 1000)
    assert scale.place(20) - scale.place(200) == pytest.approx(scale.place(4) - scale.place(40))
    assert not scale.shows(0)
    assert ticks_of(scale, 9) == pytest.approx([2, 5, 10, 20, 50, 100, 200, 500, 1000])
    assert ticks_of(scale, 4) == pytest.approx([10, 100, 1000])
    # Within a decade the steps are those of a linear axis.
    near = span_scale([13, 46], 0, 300, logarithmic=True)
    assert ticks_of(near, 6) == [20, 30, 40]
    # Where nothing is above zero there is no logarithm.
    assert not value_scale([0, -1], 300, 0, logarithmic=True, ticks=6, from_zero=True).logarithmic


@given(st.lists(finite, max_size=6), st.booleans(), st.booleans())
def test_every_value_has_a_place(values: list[float], logarithmic: bool, from_zero: bool) -> None:
    for scale in (
        value_scale(values, 300, 20, logarithmic=logarithmic, ticks=5, from_zero=from_zero),
        span_scale(values, 300, 20, logarithmic=logarithmic),
    ):
        places = [scale.place(value) for value in sorted(values) if scale.shows(value)]
        assert all(20 - 1e-6 <= place <= 300 + 1e-6 for place in places)
        assert all(first >= second - 1e-6 for first, second in pairwise(places))
        ticks = ticks_of(scale, 5)
        assert len(ticks) <= 20
        assert len(tick_labels(ticks)) == len(ticks)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1"), (0.1234567, "0.1235"), (12.5, "12.5"), (1234.5, "1,234"), (1e6, "1,000,000"), (-3, "-3"),
        (1e-7, "1e-07"), (math.nan, "\u2013"), (math.inf, "\u221e"), (-math.inf, "-\u221e"), (99.999, "100"),
    ],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([0, 0.5, 1], ["0", "0.5", "1"]),
        ([0, 2000, 4000], ["0", "2,000", "4,000"]),
        ([0, 20_000, 40_000], ["0", "20k", "40k"]),
        ([0, 2.5e6, 5e6], ["0", "2.5M", "5M"]),
        ([1, 1000, 1_000_000], ["1", "1,000", "1M"]),
        ([-0.2, 0, 0.2], ["-0.2", "0", "0.2"]),
        ([-0.2, 1e-17, 0.2], ["-0.2", "0", "0.2"]),
        ([10_000.1, 10_000.2], ["10,000.1", "10,000.2"]),
        ([1e6, 1e6 + 5, 1e6 + 10], ["1,000,000", "1,000,005", "1,000,010"]),
        ([0, 1e-6, 2e-6], ["0", "1e-6", "2e-6"]),
        ([0, 0.025, 0.05], ["0", "0.025", "0.05"]),
        ([1, 10, 25, 50, 200], ["1", "10", "25", "50", "200"]),
        ([7], ["7"]),
        ([], []),
    ],
)
def test_ticks_have_labels_that_differ(ticks: list[float], labels: list[str]) -> None:
    assert tick_labels(ticks) == labels


def test_a_long_series_keeps_its_highs_lows_and_gaps() -> None:
    points = [Point(x, math.sin(x / 50), math.nan, math.nan) for x in range(10_000)]
    points[5000] = points[5000]._replace(y=99.0)
    points[7000] = points[7000]._replace(y=-99.0)
    points[2000:2500] = [point._replace(y=math.nan) for point in points[2000:2500]]
    kept = thinned(points, 200)
    assert len(kept) <= 200
    assert {99.0, -99.0} <= {point.y for point in kept}
    assert [point.x for point in kept] == sorted(point.x for point in kept)
    assert any(math.isnan(point.y) for point in kept)
    assert thinned(points[:200], 200) == points[:200]


def test_points_are_put_in_order_and_need_a_place() -> None:
    series = Series("a", (3, math.nan, 1, math.inf, 2), (30, 5, 10, 5, 20), (29,), (31, 0, 11))
    assert [(point.x, point.y) for point in points_of(series)] == [(1, 10), (2, 20), (3, 30)]
    first, _, last = points_of(series)
    assert math.isnan(first.low)
    assert first.high == 11
    assert (last.low, last.high) == (29, 31)


def test_looks_differ_within_a_plot_and_stay_the_same_over_the_page() -> None:
    def series(*names: str) -> tuple[Series, ...]:
        return tuple(Series(name, (1,), (1,)) for name in names)

    plots = [
        Plot("1", "x", "y", series("before", "after")),
        Plot("2", "x", "y", series("p50", "p95", "p99")),
        Plot("3", "x", "y", series("lag", "after", "before")),
        Plot("4", "x", "y", series("same", "same")),
    ]
    styles = Styles(page_with(*plots))
    looks = [dict(zip((one.name for one in plot.series), styles.of(plot), strict=True)) for plot in plots[:3]]
    assert looks[0]["before"] == looks[2]["before"]
    assert looks[0]["after"] == looks[2]["after"]
    for plot in plots:
        numbers = [style.number for style in styles.of(plot)]
        assert len(set(numbers)) == len(numbers)
    # What is alone in its plot has the first look.
    assert styles.of(Plot("5", "x", "y", series("alone")))[0].number == 0
    assert len(set(DASHES)) == len(set(MARKERS)) == len(DASHES)
    # More series than looks are drawn all the same.
    assert len(drawn(Plot("many", "x", "y", series(*"abcdefghi")))[0].all("g", of="series")) == 9


def test_lines_have_ticks_at_their_points_where_these_are_few() -> None:
    plot = Plot("t", "users", "ms", (Series("a", (1, 10, 50, 200), (1, 2, 3, 4)),), x_scale="log")
    (drawing,) = drawn(plot)
    assert texts(drawing.all("g", of="x")[0], "tick") == ["1", "10", "50", "200"]
    assert len(drawing.all(of="point")) == 4
    assert drawing.all(of="point")[0].children[0].text == "a: 1 at 1"


def test_spread_is_whiskers_on_few_points_and_a_band_on_many() -> None:
    few = Plot("few", "x", "y", (Series("a", (1, 2), (5, 6), (4, 5), (6, 7)),))
    x = tuple(float(one) for one in range(100))
    many = Plot("many", "x", "y", (Series("a", x, x, x, tuple(one + 3 for one in x)),))
    first, second = drawn(few, many)
    assert len(first.all(of="whisker")) == 6
    assert not first.all(of="band")
    assert len(second.all(of="band")) == 1
    assert not second.all(of="whisker")
    # One point has nothing beside it that a line could lead to.
    (alone,) = drawn(Plot("one", "x", "y", (Series("a", (5,), (5,)),)))
    assert len(alone.all(of="point")) == 1
    assert not alone.all("polyline")


def test_a_gap_ends_a_line() -> None:
    (drawing,) = drawn(Plot("t", "x", "y", (Series("a", (1, 2, 3, 4, 5), (1, 2, math.nan, 4, 5)),)))
    assert len(drawing.all("polyline")) == 2


def test_a_target_is_a_named_line_inside_of_the_plot() -> None:
    (drawing,) = drawn(Plot("t", "x", "y", (Series("a", (1, 2), (1, 2)),), marks=((500, "target"), (505, "limit"))))
    lines = drawing.all("line", of="mark")
    assert len(lines) == 2
    assert texts(drawing, "mark") == ["target", "limit"]
    heights = [float(one.attributes["y1"]) for one in lines]
    assert all(20 < height < 290 for height in heights)
    # The two are close to each other: their names stand at different sides.
    assert {one.attributes["text-anchor"] for one in drawing.all("text", of="mark")} == {"start", "end"}


def test_bars_stand_where_names_fit_and_lie_elsewhere() -> None:
    values = Series("a", (), (1, 2, 3, 4, 5))
    short = Plot("short", "x", "y", (values,), "bars", tuple("abcde"))
    long = Plot("long", "x", "y", (values,), "bars", tuple(f"tests/test_module.py::test_{one}" for one in "abcde"))
    standing, lying = drawn(short, long)

    def sizes(drawing: Element, name: str) -> list[float]:
        return [float(one.attributes[name]) for one in drawing.all("rect")]

    assert sizes(standing, "height") == sorted(sizes(standing, "height"))
    assert len(set(sizes(standing, "width"))) == 1
    assert sizes(lying, "width") == sorted(sizes(lying, "width"))
    assert len(set(sizes(lying, "height"))) == 1
    assert texts(lying, "value") == ["1", "2", "3", "4", "5"]


def test_many_lying_bars_are_cut_and_said_so() -> None:
    names = tuple(f"tests/test_module.py::test_number_{one}" for one in range(90))
    plot = Plot("t", "x", "y", (Series("a", (), tuple(range(90))),), "bars", names)
    root = parsed(render_page(page_with(plot)))
    assert "first 40 of 90" in root.all("p", of="note")[0].text
    assert len(root.all("tbody")[0].all("tr")) == 90


def test_a_histogram_stands_though_not_all_its_names_fit() -> None:
    names = tuple(f"{one}-{one + 5}" for one in range(0, 200, 5))
    (drawing,) = drawn(Plot("t", "ms", "n", (Series("a", (), tuple(range(40))),), "bars", names))
    shown = texts(drawing.all("g", of="x")[0], "tick")
    assert 4 < len(shown) < 40
    assert len(drawing.all("rect")) == 40


def test_the_table_has_all_points_or_sums_them_up() -> None:
    few = Plot("few", "x", "y", (Series("a", (1, 2), (1, 2), (0, 1), (2, 3)), Series("b", (2, 3), (5, 6))))
    x = tuple(range(1000))
    many = Plot("many", "x", "y", (Series("a", x, x),))
    root = parsed(render_page(page_with(few, many)))
    rows = [[[cell.text for cell in row.all("td")] for row in body.all("tr")] for body in root.all("tbody")]
    assert rows[0] == [["1", "1 (0 to 2)", ""], ["2", "2 (1 to 3)", "5"], ["3", "", "6"]]
    assert rows[1] == [["a", "1000", "0", "0", "499.5", "999", "999"]]


def test_a_plot_is_told_in_words() -> None:
    plot = Plot("t", "users", "ms", (Series("a", (1, 2), (3, 4)), Series("b", (), ())), marks=((9, "limit"),))
    assert description(plot) == "ms by users. a: 2 values, from 3 to 4. limit: 9."


plots = st.builds(
    Plot,
    st.just("t"),
    st.just("x"),
    st.just("y"),
    st.lists(
        st.builds(
            Series,
            st.sampled_from("abc"),
            st.lists(anything, max_size=5).map(tuple),
            st.lists(anything, max_size=5).map(tuple),
            st.lists(anything, max_size=5).map(tuple),
            st.lists(anything, max_size=5).map(tuple),
        ),
        max_size=3,
    ).map(tuple),
    st.sampled_from(["lines", "bars"]),
    st.lists(st.text(max_size=30), max_size=5).map(tuple),
    st.sampled_from(["linear", "log"]),
    st.sampled_from(["linear", "log"]),
    st.lists(st.tuples(anything, st.text(max_size=9)), max_size=2).map(tuple),
)


@settings(max_examples=80)
@given(plots)
def test_no_data_breaks_a_plot(plot: Plot) -> None:
    html = render_page(page_with(plot))
    root = parsed(html)
    for drawing in root.all("svg", of="plot"):
        assert drawing.attributes["viewbox"]
        for element in drawing.all():
            for name, value in element.attributes.items():
                if name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height", "points", "d"}:
                    assert not re.search(r"nan|inf|e[+-]?\d", value), (element.tag, name, value)


@pytest.mark.parametrize("value", [sys.float_info.max, -sys.float_info.max, sys.float_info.min, 5e-324, 1e150])
def test_the_largest_and_the_smallest_numbers_do_not_matter(value: float) -> None:
    for scale in ("linear", "log"):
        plot = Plot("t", "x", "y", (Series("a", (1, 2, value), (value, 5, 6)),), x_scale=scale, y_scale=scale)
        (drawing,) = drawn(plot)
        assert "a: 5 at 2" in [one.children[0].text for one in drawing.all(of="point")]


def test_a_place_outside_is_at_the_nearer_end() -> None:
    assert Scale(0, 10, 0, 100).place(-5) == 0
    assert Scale(0, 10, 0, 100).place(15) == 100


def test_a_row_of_bars_is_named_after_its_unit_where_nothing_else_is_said() -> None:
    plot = Plot.of_bars("Findings", "rule", "findings", iter([("GS101", 3), ("GS102", 1)]))
    assert plot == Plot(
        "Findings", "rule", "findings", (Series("findings", (), (3.0, 1.0)),), "bars", ("GS101", "GS102")
    )
    assert Plot.of_bars("Slow", "test", "ms", [], "time").series[0].name == "time"

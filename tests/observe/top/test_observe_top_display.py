from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from greenshift.observe.top.display.formats import bar, duration, number
from greenshift.observe.top.display.section import HEAD, Section, fitting
from greenshift.observe.top.text import call_site, engine_name, one_line


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, ""),
        (0.0, "0.0 ms"),
        (0.00002, "0.02 ms"),
        (0.0004, "0.4 ms"),
        (0.012, "12 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (99.94, "99.9 s"),
        (240, "4 min"),
        (10_800, "3 h"),
        (259_200, "3 d"),
        (float("inf"), "longer"),
    ],
)
def test_durations_are_short(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@given(st.floats(0, 1e9))
def test_no_duration_needs_more_than_eight_signs(seconds: float) -> None:
    assert len(duration(seconds)) <= 8


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.44, "0.4"), (9.5, "9.5"), (12.6, "13"), (9999, "9999"), (12_000, "12k"), (3_200_000, "3.2M")],
)
def test_numbers_are_short(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_bar_says_without_colour_that_nothing_is_left() -> None:
    assert bar(5, 5, ascii_only=True).plain == "######## 5/5 FULL"
    assert bar(1, 100, ascii_only=True).plain == "#....... 1/100"
    assert bar(0, 5).plain == "░░░░░░░░ 0/5"
    assert bar(3, None).plain == "3"
    assert bar(7, 5).plain == "████████ 7/5 FULL"


def test_texts_of_others_cannot_command_the_terminal() -> None:
    assert one_line("SELECT '\x1b[2J\x07'\n\t,  1 \u202e") == "SELECT ' [2J ' , 1"
    assert one_line("ALTER ROLE me PASSWORD 'geheim'") == "ALTER ROLE me PASSWORD '***'"


def test_places_are_short() -> None:
    assert call_site("/srv/www/shop/app/services/users.py:31 in load") == "app/services/users.py:31 in load"
    assert call_site(None) == "unknown"
    assert engine_name("postgresql+asyncpg://me:***@db:5432/app?x=1") == "db:5432/app"
    assert engine_name("postgresql+psycopg://me@/app?host=/run") == "app"
    assert engine_name("main") == "main"


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 2), st.integers(1, 4)), max_size=6),
    st.integers(0, 80),
)
def test_rows_fill_the_height_and_never_more(shapes: list[tuple[int, int, int]], height: int) -> None:
    sections = [Section("title", ("a",), [("x",)] * rows, lines, least) for rows, lines, least in shapes]
    shown = fitting(sections, height)
    used = sum(HEAD + 1 + count * one.lines for count, one in zip(shown, sections, strict=True) if count)
    assert used <= height
    assert all(count <= len(one.rows) for count, one in zip(shown, sections, strict=True))
    # What is left would hold no further row of a section that is shown.
    for count, one in zip(shown, sections, strict=True):
        assert count in (0, len(one.rows)) or used + one.lines > height
    # Nothing is left out while something less important is shown.
    assert sorted(map(bool, shown), reverse=True) == list(map(bool, shown))


@given(st.lists(st.lists(st.text(max_size=120), min_size=3, max_size=3), min_size=1, max_size=5))
def test_no_line_is_wider_than_the_terminal(cells: list[list[str]]) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80)
    rows = [(one_line(first)[:20], one_line(second)[:20], one_line(third)) for first, second, third in cells]
    console.print(Section("title", ("first", ">second", "statement"), rows).render(None))
    lines = out.getvalue().splitlines()
    assert len(lines) == HEAD + len(rows)

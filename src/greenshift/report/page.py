"""What a report's page is made of: every part fills it, one renderer shows it, as HTML or JSON."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Self


class Outcome(enum.StrEnum):
    """How something came out."""

    GOOD = "good"
    BAD = "bad"
    UNSURE = "unsure"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One thing that the report says is so or is not.

    Attributes:
        title: what was asked: ``throughput above 500 requests a second``.
        outcome: good, bad, or not to be told.
        answer: the answer in words, with the measured figure: ``not met: 412 requests a second``.
        because: why, where there is something to say.
    """

    title: str
    outcome: Outcome
    answer: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that matters, large.

    Attributes:
        label: what it is.
        value: the figure with its unit, as it is read.
        note: spread, comparison or source, in small.
        outcome: colours it where it is good or bad.
    """

    label: str
    value: str
    note: str = ""
    outcome: Outcome = Outcome.NEUTRAL


@dataclass(frozen=True, slots=True)
class Figures:
    """A row of figures."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs, or a list where ``bullets`` is set; plain text, nothing in it is markup."""

    lines: tuple[str, ...]
    bullets: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        columns: the heads.
        rows: the cells, as text.
        numeric: the indices of columns that stand to the right.
        outcomes: how each row came out, or empty.
        caption: what it shows.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """Text of a program.

    Attributes:
        text: the text, whole.
        language: ``sql``, ``python`` or ``diff``; only ``diff`` is coloured.
        title: the file, or what it is.
        first_line: the number of its first line; 0 where lines have no numbers.
        marked: the numbers of the lines that are meant.
        folded: whether it is closed, below its title, until the reader opens it.
    """

    text: str
    language: str = ""
    title: str = ""
    first_line: int = 0
    marked: tuple[int, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts beside each other, what differs between them marked.

    Attributes:
        before: the text before, or None where there was none.
        after: the text after, or None where there is none.
        title: what was compared.
        before_note: where the one came from.
        after_note: where the other came from.
        outcome: colours it where it is good or bad.
    """

    before: str | None
    after: str | None
    title: str = ""
    before_note: str = ""
    after_note: str = ""
    outcome: Outcome = Outcome.NEUTRAL


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one row of bars, of a plot.

    Attributes:
        name: as the legend says it.
        x: where the points are, in the plot's unit; for bars their names are the plot's ``categories``.
        y: how high.
        low: the lower end of each point's spread, or empty.
        high: the upper end of each point's spread, or empty.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines or bars.

    Attributes:
        title: what it shows.
        x_label: the axis below, with its unit.
        y_label: the axis at the left, with its unit.
        series: the lines, or the groups of bars.
        kind: how it is drawn.
        categories: the names of the bars' places, where ``kind`` is ``bars``.
        x_scale: linear, or logarithmic.
        y_scale: linear, or logarithmic.
        marks: dashed horizontal lines, each a height and its name: a target, a limit.
    """

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    kind: Literal["lines", "bars"] = "lines"
    categories: tuple[str, ...] = ()
    x_scale: Literal["linear", "log"] = "linear"
    y_scale: Literal["linear", "log"] = "linear"
    marks: tuple[tuple[float, str], ...] = ()

    @classmethod
    def of_bars(
        cls, title: str, x_label: str, y_label: str, values: Iterable[tuple[str, float]], name: str = ""
    ) -> Self:
        """Return one row of bars.

        Args:
            title: what it shows.
            x_label: the axis below.
            y_label: the axis at the left, with its unit.
            values: the bars, each with its name.
            name: what they are, as the legend says it; the unit where there is none.
        """
        shown = tuple(values)
        series = Series(name or y_label, (), tuple(float(value) for _, value in shown))
        return cls(title, x_label, y_label, (series,), "bars", tuple(one for one, _ in shown))


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was found, with what belongs to it.

    Attributes:
        title: what is the matter, one line.
        outcome: how bad it is.
        label: the word for that, in place of the outcome's own: ``error``, ``failed``.
        where: the place, the rule, the test: in small, before the title.
        facts: what belongs to it, each with its name: ``fix``, ``see``.
        code: the source, or the words of a program.
    """

    title: str
    outcome: Outcome = Outcome.NEUTRAL
    label: str = ""
    where: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    code: Code | None = None


Block = Figures | Text | Grid | Code | Comparison | Item | Plot


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading.

    Attributes:
        title: the heading.
        blocks: what it holds, in order.
        folded: whether it is closed until the reader opens it.
    """

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A report, whole.

    Attributes:
        kind: which part made it.
        title: the page's title.
        subtitle: of what, when, on which machine; no secret in it.
        verdicts: what it comes down to, first on the page.
        sections: the rest.
        data: the measurements themselves, for machines; it goes into the JSON, not onto the page.
    """

    kind: Literal["scan", "shift", "verify", "check", "test", "load", "demo"]
    title: str
    subtitle: str
    verdicts: tuple[Verdict, ...]
    sections: tuple[Section, ...]
    data: dict[str, Any] = field(default_factory=dict)

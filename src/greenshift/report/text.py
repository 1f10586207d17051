"""A report for people, at a terminal or in a log; without colour it says the same."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from greenshift.masking import mask
from greenshift.report.findings import Finding, Report, Severity, Table
from greenshift.report.masked import masked
from greenshift.report.summary import summary_line

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.ADVICE: "cyan"}
_WIDTH: Final = 1000
# Where a line is longer, the part around the place is shown.
_SHOWN: Final = 110


def as_text(report: Report, *, colour: bool = False, width: int | None = None) -> str:
    """Return a report as text: the findings by file, the tables, what could not be told, and a summary line.

    Args:
        report: the report.
        colour: with a terminal's colours.
        width: in columns, for tables; wide by default, since nothing is cut off in a log.
    """
    console = Console(
        file=io.StringIO(),
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        width=width or _WIDTH,
        highlight=False,
        emoji=False,
        soft_wrap=True,
    )
    for part in _parts(masked(report), report.findings):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def _parts(report: Report, written: Sequence[Finding]) -> Iterator[RenderableType]:
    pairs = zip(report.findings, written, strict=True)
    for file, findings in groupby(pairs, key=lambda pair: pair[0].place.file):
        yield Text(_printable(file), style="bold")
        for finding, as_written in findings:
            yield from _finding(finding, as_written.line_text)
        yield Text()
    for table in report.tables:
        yield Group(Text(_printable(table.title), style="bold"), _table(table), Text())
    for note in report.notes:
        yield Text(f"note: {_printable(note)}", style="dim")
    yield Text(summary_line(report))


def _finding(finding: Finding, line: str) -> Iterator[Text]:
    place = finding.place
    where = f"{place.line}:{place.column}" if place.line else "-"
    yield Text.assemble(
        f"  {where:<8} ",
        (f"{finding.severity!s:<8}", _STYLES[finding.severity]),
        (f" {finding.rule}", "bold"),
        f"  {_printable(finding.message)}",
    )
    if finding.line_text.strip() and place.line:
        yield from _source(finding, line)
    for other, what in finding.related:
        yield Text(f"           see {_printable(str(other))}: {_printable(what)}")
    if finding.fix:
        yield Text.assemble("           ", ("fix", "green"), f": {_printable(finding.fix)}")


def _source(finding: Finding, written: str) -> Iterator[Text]:
    """Yield the line and, below it, a marker under the place; columns count in the line as it is written."""
    line, place = finding.line_text.expandtabs(1), finding.place
    last = place.end_column if place.end_line == place.line else len(written) + 1
    first, last = (_column(min(one - 1, len(written)), written.expandtabs(1), line) for one in (place.column, last))
    indent = len(line) - len(line.lstrip())
    start = max(first, indent)
    end = max(min(last, len(line.rstrip())), start + 1)
    first = indent if start - indent < _SHOWN - 10 else start - 40
    shown = line.rstrip()[first : first + _SHOWN]
    number = f"{place.line:>7}"
    yield Text.assemble((f"{number} | ", "dim"), _printable(shown))
    # Characters of East Asia are two columns wide.
    marker = " " * cell_len(shown[: start - first]) + "^" * max(cell_len(shown[start - first : end - first]), 1)
    yield Text.assemble((f"{'':>7} | ", "dim"), (marker, _STYLES[finding.severity]))


def _column(column: int, written: str, shown: str) -> int:
    """Return where a column of a line is once its passwords are masked."""
    if shown.startswith(written[:column]):
        return column
    if shown.endswith(written[column:]):
        return len(shown) - len(written) + column
    # Between two passwords, or in one.
    before = mask(written[:column])
    return len(before) if shown.startswith(before) else min(column, len(shown))


def _table(table: Table) -> RichTable:
    shown = RichTable(box=None, pad_edge=False, header_style="bold")
    for column in table.columns:
        shown.add_column(Text(_printable(column)), overflow="fold")
    for row in table.rows:
        shown.add_row(*(Text(_printable(cell)) for cell in row))
    return shown


def _printable(text: str) -> str:
    """Return a text as one line that commands no terminal."""
    return "".join(one if one.isprintable() else " " if one.isspace() else f"\\x{ord(one):02x}" for one in text)

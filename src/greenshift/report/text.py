"""A report for people, at a terminal or in a log; without colour it says the same."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

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
    report = masked(report)
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
    for part in _parts(report):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())


def _parts(report: Report) -> Iterator[RenderableType]:
    for file, findings in groupby(report.findings, key=lambda finding: finding.place.file):
        yield Text(_printable(file), style="bold")
        for finding in findings:
            yield from _finding(finding)
        yield Text()
    for table in report.tables:
        yield Group(Text(_printable(table.title), style="bold"), _table(table), Text())
    for note in report.notes:
        yield Text(f"note: {_printable(note)}", style="dim")
    yield Text(summary_line(report))


def _finding(finding: Finding) -> Iterator[Text]:
    place = finding.place
    where = f"{place.line}:{place.column}" if place.line else "-"
    yield Text.assemble(
        f"  {where:<8} ",
        (f"{finding.severity!s:<8}", _STYLES[finding.severity]),
        (f" {finding.rule}", "bold"),
        f"  {_printable(finding.message)}",
    )
    if finding.line_text.strip() and place.line:
        yield from _source(finding)
    for other, what in finding.related:
        yield Text(f"           see {_printable(str(other))}: {_printable(what)}")
    if finding.fix:
        yield Text.assemble("           ", ("fix", "green"), f": {_printable(finding.fix)}")


def _source(finding: Finding) -> Iterator[Text]:
    """Yield the line and, below it, a marker under the place."""
    line, place = finding.line_text.expandtabs(1), finding.place
    indent = len(line) - len(line.lstrip())
    start = max(place.column - 1, indent)
    end = place.end_column - 1 if place.end_line == place.line else len(line)
    end = max(min(end, len(line.rstrip())), start + 1)
    first = indent if start - indent < _SHOWN - 10 else start - 40
    shown = line.rstrip()[first : first + _SHOWN]
    number = f"{place.line:>7}"
    yield Text.assemble((f"{number} | ", "dim"), _printable(shown))
    # Characters of East Asia are two columns wide.
    marker = " " * cell_len(shown[: start - first]) + "^" * max(cell_len(shown[start - first : end - first]), 1)
    yield Text.assemble((f"{'':>7} | ", "dim"), (marker, _STYLES[finding.severity]))


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

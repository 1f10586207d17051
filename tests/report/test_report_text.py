"""The report for people says the same with and without colours."""

import re
from dataclasses import replace

from report.findings_to_show import POOLED

from greenshift.report.findings import Report
from greenshift.report.text import as_text

EXPECTED = """\
app/my db.py
  4:58     error    GS101  Pool class QueuePool cannot be used: it blocks, 100% [bold]
      4 | url = "postgresql+asyncpg://app:***@dbs/shop", poolclass=QueuePool, size=5 % 3
        |                                                ^^^^^^^^^^^^^^^^^^^
"""


def test_the_whole(report: Report) -> None:
    text = as_text(report)
    assert text.startswith(EXPECTED)
    assert "           see app/settings.py:2:1: the URL\n           fix: leave poolclass out\n" in text
    assert "app.db:engine\n  -        warning  GS102  no pre-ping \\x1b[31m\\x00\n" in text
    assert re.search(r"services\nsetting +auth +backend\npool_size +5 +20\n", text)
    assert "note: app/x.py: unknown: postgresql://app:***@db is read from a file\n" in text
    assert text.endswith(
        "\n2 errors, 1 warning; 2 of them mended by --fix; 1 left out by the baseline; 1 left out by comments "
        "(3 files, 1 engine, 3 rules)\n"
    )


def test_colours_change_no_word(report: Report) -> None:
    coloured = as_text(report, colour=True)
    assert "\x1b[1;31merror" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured).split() == as_text(report).split()


def marked(line: str, column: int, end: int) -> str:
    """What the marker stands under."""
    place = replace(POOLED.place, column=column, end_column=end)
    text = as_text(Report((replace(POOLED, place=place, line_text=line, related=()),), ()))
    source, marker = (one.partition(" | ")[2] for one in text.splitlines()[2:4])
    return source[marker.index("^") : marker.rindex("^") + 1]


def test_the_marker_stands_under_the_place() -> None:
    assert marked("\tengine = f(echo=True)", 13, 22) == "echo=True"[:9]
    assert marked("engine = f(echo=True)", 12, 21) == "echo=True"
    assert marked("x = 1; " * 40 + "engine = f()", 281, 287) == "engine"
    assert marked("engine = f(  # more follows", 1, 500) == "engine = f(  # more follows"


def test_the_marker_stands_under_the_place_though_passwords_are_masked() -> None:
    line = 'a = f("pg://u:s3cret@h"); b = f("pg://u:0ther@h"); c = 1'
    assert marked(line, 1, 2) == "a"
    assert marked(line, line.index("b =") + 1, line.index("b =") + 2) == "b"
    assert marked(line, line.index("c =") + 1, line.index("c =") + 2) == "c"
    assert marked(line, 5, 25) == 'f("pg://u:***@h")'


def test_the_marker_of_wide_characters() -> None:
    text = as_text(Report((replace(POOLED, line_text='x = "接続"; e', place=replace(POOLED.place, column=11)),), ()))
    assert text.splitlines()[3].index("^") - text.splitlines()[2].index("x") == 12


def test_no_findings() -> None:
    assert as_text(Report((), ())) == "no findings\n"

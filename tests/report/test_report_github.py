"""Workflow commands of GitHub, as its runner reads them."""

import re
from dataclasses import replace

from report.findings_to_show import POOLED

from greenshift.report.findings import Place, Report
from greenshift.report.github import as_github

# https://github.com/actions/runner: ActionCommand.TryParseV2, in short.
COMMAND = re.compile(r"::(?P<command>\w+) (?P<properties>.*?)::(?P<data>.*)")


def unescaped(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def commands(report: Report) -> list[tuple[str, dict[str, str], str]]:
    found = []
    for line in as_github(report).splitlines():
        match = COMMAND.fullmatch(line)
        if match:
            pairs = (pair.split("=", 1) for pair in match["properties"].split(","))
            properties = {name: unescaped(value) for name, value in pairs}
            found.append((match["command"], properties, unescaped(match["data"])))
    return found


def test_a_finding_in_a_file(report: Report) -> None:
    command, properties, data = commands(report)[0]
    assert command == "error"
    assert properties == {
        "file": "app/my db.py",
        "line": "4",
        "col": "58",
        "endLine": "4",
        "endColumn": "76",
        "title": "greenshift GS101",
    }
    assert data == "Pool class QueuePool cannot be used: it blocks, 100% [bold]\nfix: leave poolclass out"


def test_a_finding_without_a_file(report: Report) -> None:
    command, properties, data = commands(report)[2]
    assert (command, properties) == ("warning", {"title": "greenshift GS102"})
    assert data.startswith("app.db:engine: no pre-ping\n")


def test_nothing_breaks_out_of_its_command() -> None:
    place = Place("a,line=9::b:%0A.py", 3, 1, 4, 2)
    finding = replace(POOLED, message="first\n::error::second\r\n100%25", place=place)
    (only,) = commands(Report((finding,), ()))
    assert only[1]["file"] == place.file
    assert only[1]["line"] == "3"
    assert "endColumn" not in only[1]
    assert only[2].startswith("first\n::error::second\r\n100%25\n")


def test_the_summary_is_no_command(report: Report) -> None:
    assert as_github(report).splitlines()[-1].startswith("2 errors, 1 warning")

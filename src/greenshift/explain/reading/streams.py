"""What a text holds, as streams of plain lines: one a container, one a structured log record."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from greenshift.masking import mask

_ANSI: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# docker compose: "web-1  | line"; kubectl and CI runners: a time before each line.
_CONTAINER: Final = re.compile(r"^(?P<name>[\w.\-/]+) +\| ?")
_TIME: Final = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]?\d*(?:Z|[+-]\d\d:?\d\d) (?:std(?:out|err) F )?")
_ESCAPED: Final = re.compile(r"\\n\s+File \\?\"")
# What a string of a record must hold to be read apart from its line: most lines that end in a brace are no records.
_TELLING: Final = re.compile(r"\n|[A-Z]\w*(?:Error|Exception|Greenlet|Violation|Warning): ")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text.

    Args:
        number: where it stands in the text that was given, from 1.
        text: what it says, without colours and without the prefix of its stream.
    """

    number: int
    text: str


def streams(text: str) -> list[list[Line]]:
    """Cut a text into streams of lines that belong together.

    Args:
        text: anything.

    Returns:
        One stream for the lines without a container's name, one for each container's, and one for each string of a
        JSON record that may hold a traceback.
    """
    masked = mask(_ANSI.sub("", text) if "\x1b" in text else text)
    lines = masked.replace("\r\n", "\n").split("\n")
    named = Counter(prefix["name"] for line in lines if "|" in line and (prefix := _CONTAINER.match(line)))
    found: dict[str, list[Line]] = {}
    records: list[list[Line]] = []
    for number, line in enumerate(lines, 1):
        name = ""
        if "|" in line and (container := _CONTAINER.match(line)) and named[container["name"]] > 1:
            name, line = container["name"], line[container.end() :]
        if line[:4].isdigit() and (time := _TIME.match(line)):
            line = line[time.end() :]
        unfolded = list(_unfolded(line)) if "{" in line or "\\n" in line else []
        records += [[Line(number, part) for part in one.split("\n")] for one in unfolded]
        if not unfolded:
            found.setdefault(name, []).append(Line(number, line))
    return [*found.values(), *records]


def _unfolded(line: str) -> Iterator[str]:
    """The multi-line texts that one line holds: in JSON, or with its line ends written as ``\\n``."""
    start = line.find("{")
    if start >= 0 and line.rstrip().endswith("}"):
        try:
            record = json.loads(line[start:])
        except (ValueError, RecursionError):
            record = None
        if isinstance(record, dict):
            told = [mask(one) for one in _strings(record) if _TELLING.search(one)]
            yield from told
            if told:
                return
    if _ESCAPED.search(line):
        yield line.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 6 and isinstance(value, dict):
        if {"exc_type", "exc_value", "frames"} <= value.keys():  # structlog's ExceptionDictTransformer
            yield _rendered(value)
            return
        for one in value.values():
            yield from _strings(one, depth + 1)
    elif depth < 6 and isinstance(value, list):
        for one in value:
            yield from _strings(one, depth + 1)


def _rendered(record: dict[str, Any]) -> str:
    frames = [one for one in record["frames"] if isinstance(one, dict)] if isinstance(record["frames"], list) else []
    lines = [
        f'  File "{one.get("filename")}", line {one.get("lineno")}, in {one.get("name")}\n    {one.get("line") or ""}'
        for one in frames
    ]
    return "\n".join(["Traceback (most recent call last):", *lines, f"{record['exc_type']}: {record['exc_value']}"])

"""Other styles of traceback brought to Python's own: pytest's, IPython's, Rich's and Loguru's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from greenshift.explain.reading.streams import Line

_PYTEST_FRAME: Final = re.compile(
    r"^(?P<file>(?:[A-Za-z]:[\\/])?[^\s:*?\"<>|][^:*?\"<>|]*\.pyx?|<[^<>]+>):(?P<line>\d+): "
    r"?(?:in (?P<function>\S+)|(?P<error>[A-Za-z_]\w*))?$"
)
_PYTEST_LINE: Final = re.compile(r"^(?P<file>\S.*\.pyx?):(?P<line>\d+): (?P<message>[A-Za-z_][\w.]*(?:: .*)?)$")
_PYTEST_ERROR: Final = re.compile(r"^E(?:   (?P<text>.*))?$")
_PYTEST_DEF: Final = re.compile(r"^ +(?:async )?def (?P<function>\w+)")
_PYTEST_BORDER: Final = re.compile(r"^(?:_{4,} .* _{4,}|={8,}.*|-{8,}.*|(?:FAILED|ERROR) \S+.*)$")
_SUMMARY: Final = re.compile(r"^(?:FAILED|ERROR) \S+(?: \S+)*? - (?P<rest>[A-Za-z_][\w.]*: .*)$")
_NAMED: Final = re.compile(r"^[A-Za-z_][\w.]*(?:: |$)")

_IPYTHON_FRAME: Final = re.compile(r"^File (?P<file>\S.*?):(?P<line>\d+)(?:, in (?P<function>[\w.<>]+).*)?$")
_IPYTHON_OLD: Final = re.compile(r"^(?P<file>[~/]\S+\.py|<ipython-input[^>]*>) in (?P<function>[\w.<>]+)(?:\(.*)?$")
_IPYTHON_HERE: Final = re.compile(r"^-+> ?(?P<line>\d+) (?P<code>.*)$")
_IPYTHON_LISTED: Final = re.compile(r"^ +\d+(?: .*)?$|^   +\(\.\.\.\)$")

_BOX: Final = re.compile(r"^[│|] (?P<text>.*?) *[│|]$")
_BOX_BORDER: Final = re.compile(r"^ *[╭╰][─]")
_BOX_FRAME: Final = re.compile(r"^(?P<file>\S.*?):(?P<line>\d+) in (?P<function>\S+)$")
_BOX_CUT: Final = re.compile(r"^\S.*:\d+ in$")
_BOX_HERE: Final = re.compile(r"^❱ *\d+ │(?P<code>.*)$")
_VALUES: Final = re.compile(r"^\s+[│|└\s]*[│└|] ?.*$")


def plain(lines: list[Line]) -> list[Line]:
    """Return a stream with every traceback written as Python writes it.

    Args:
        lines: a stream of any styles; what is none of them stays as it is.
    """
    for style in (_rich, _ipython, _pytest):
        lines = list(style(lines))
    return lines


def _frame(line: Line, file: str, number: str, function: str | None) -> Line:
    return Line(line.number, f'  File "{file.strip()}", line {number}' + (f", in {function}" if function else ""))


def _rich(lines: list[Line]) -> Iterator[Line]:
    broken = ""  # the first part of a path, or all before the function's name, that the box's width broke
    for line in lines:
        if "│" not in line.text and "╭" not in line.text and "╰" not in line.text:
            yield line
            continue
        if _BOX_BORDER.match(line.text):
            if "Traceback (most recent call last)" in line.text:
                yield Line(line.number, "Traceback (most recent call last):")
            continue
        boxed = _BOX.match(line.text)
        if boxed is None:
            if not _VALUES.match(line.text):  # Loguru draws the values below the code
                yield line
            continue
        text = boxed["text"]
        if found := _BOX_FRAME.match(broken + text) or _BOX_FRAME.match(text):
            yield _frame(line, found["file"], found["line"], found["function"])
        elif found := _BOX_HERE.match(text):
            yield Line(line.number, "    " + found["code"].replace("│", " ").strip())
        is_begun = text.startswith(("/", "~")) and ":" not in text
        broken = f"{text} " if _BOX_CUT.match(text) else text if is_begun else ""


def _ipython(lines: list[Line]) -> Iterator[Line]:
    within = False
    for index, line in enumerate(lines):
        text = line.text
        if found := _IPYTHON_FRAME.match(text):
            within = True
            yield _frame(line, found["file"], found["line"], found["function"])
        elif (old := _IPYTHON_OLD.match(text)) and (number := _ipython_number(lines[index + 1 : index + 13])):
            within = True
            yield _frame(line, old["file"], number, old["function"])
        elif found := _IPYTHON_HERE.match(text):
            yield Line(line.number, f"    {found['code'].strip()}")
        elif within and _IPYTHON_LISTED.match(text):
            continue
        else:
            within = within and not text.strip()
            yield line


def _ipython_number(below: list[Line]) -> str | None:
    """The line that the arrow below an old IPython frame points at."""
    return next((found["line"] for one in below if (found := _IPYTHON_HERE.match(one.text))), None)


class _Pytest:
    """One test's report: its ``E`` lines are held back until the location that follows them."""

    def __init__(self) -> None:
        self.error: list[Line] = []
        self.marked: Line | None = None
        self.function: str | None = None

    def located(self, line: Line, found: re.Match[str]) -> Iterator[Line]:
        if found["error"] is None and self.error:  # the short style: the error of the traceback before
            yield from self.raised(None)
        function = found["function"] or self.function
        yield _frame(line, found["file"], found["line"], function)
        if self.marked is not None and not found["function"]:
            yield Line(line.number, "    " + self.marked.text[1:].strip())
        self.marked = None
        if found["error"] is not None:
            if self.error:
                yield from self.raised(found["error"])
            else:
                yield Line(line.number, found["error"])

    def raised(self, name: str | None) -> Iterator[Line]:
        first, *rest = self.error
        indent = len(first.text) - len(first.text.lstrip())
        text = first.text.strip()
        yield Line(first.number, text if _NAMED.match(text) or name is None else f"{name}: {text}")
        for line in rest:
            taken = min(indent, len(line.text) - len(line.text.lstrip()))
            yield Line(line.number, line.text[taken:])
        self.error = []


def _pytest(lines: list[Line]) -> Iterator[Line]:
    if not any(_PYTEST_ERROR.match(line.text) for line in lines):
        for line in lines:
            summary = _SUMMARY.match(line.text)
            yield Line(line.number, summary["rest"]) if summary else line
        return
    report = _Pytest()
    for line in lines:
        text = line.text
        if (found := _PYTEST_ERROR.match(text)) and (found["text"] is not None or report.error):
            report.error.append(Line(line.number, found["text"] or ""))
        elif report.error and text.startswith("    ") and line.number == report.error[-1].number + 1:
            report.error.append(Line(line.number, text[4:]))  # --tb=line marks the first line of a message only
        elif found := _PYTEST_FRAME.match(text):
            yield from report.located(line, found)
        elif text.startswith(">  "):
            report.marked = line
        elif report.error and (found := _PYTEST_LINE.match(text)) and found["message"] == report.error[0].text:
            yield _frame(line, found["file"], found["line"], None)
            yield from report.raised(None)
        else:
            if report.error and (_PYTEST_BORDER.match(text) or "of the above exception" in text or _ended(text)):
                yield from report.raised(None)
            if _PYTEST_BORDER.match(text):
                report = _Pytest()
            if found := _PYTEST_DEF.match(text):
                report.function = found["function"]
            summary = _SUMMARY.match(text)
            yield Line(line.number, summary["rest"]) if summary else line
    if report.error:
        yield from report.raised(None)


def _ended(text: str) -> bool:
    return text.startswith(("The above exception was", "Traceback "))

"""Blocks: one exception with its frames as a traceback prints it, wherever in a log it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from greenshift.explain.failure import Frame
from greenshift.explain.reading.ownership import is_user_path
from greenshift.explain.reading.streams import Line

_FRAME: Final = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<function>\S+)(?P<rest>.*))?')
_RAISED: Final = re.compile(r"^(?P<name>[^\W\d][\w.]*(?:\.?<locals>\.[\w.]+)*)(?:: ?(?P<message>.*))?$")
_HEADER: Final = "Traceback (most recent call last)"
_LINKS: Final = ("The above exception was the direct cause", "During handling of the above exception")
_SEPARATOR: Final = re.compile(r"(?P<margin>^|.*?[ |])\+(?:-\+)?-{10,} (?:\d+|\.\.\.) -{10,}\s*$")
_END: Final = re.compile(r"(?P<margin>^|.*?[ |])\+-{30,}\s*$")
_LIBRARIES: Final = r"sqlalchemy|asyncpg|psycopg2?|psycopg_pool|greenlet|pydantic(?:_core)?|fastapi|starlette|asyncio"
_SUFFIX: Final = re.compile(r"(?:Error|Exception|Violation|Detected|Greenlet|Warning|Exit|Interrupt|Group)$")
_KNOWN: Final = (
    r"MissingGreenlet|DetachedInstanceError|PendingRollbackError|(?:Unique|ForeignKey|NotNull)Violation(?:Error)?"
    r"|(?:Interface|Integrity|Operational|InvalidRequest|IllegalStateChange|Timeout|Runtime|Attribute|Argument)Error"
)
# The last line alone: a library's exception anywhere in a line, or any exception's name at its beginning.
_ALONE: Final = re.compile(rf"(?:^|(?<=[\s(\"'`]))(?P<found>(?:(?:{_LIBRARIES})\.[\w.]*[A-Z]\w*|{_KNOWN}): .*)$")
_BARE: Final = re.compile(
    r"^(?:E +|[A-Z]+: +)?(?P<found>(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Greenlet|Violation|Detected): .*)$"
)
_WARNING: Final = re.compile(
    r"^\s*(?P<file>\S.*?):(?P<line>\d+): (?P<name>RuntimeWarning|SAWarning): "
    r"(?P<message>.*(?:never awaited|returned).*)$"
)
_WARNED: Final = re.compile(r"^(?:RuntimeWarning|SAWarning): .*never awaited")
_LEVEL: Final = re.compile(
    r"^(?:[A-Z]*(?:DEBUG|INFO|WARN|ERROR)[A-Z]*|TRACE|NOTICE|CRITICAL|FATAL|PANIC|LOG|DETAIL|HINT|CONTEXT)$"
)
_LOGGED: Final = re.compile(
    r"^(?:\[?\d{4}-\d\d-\d\d[ T]|\[?\d\d:\d\d:\d\d|[A-Z][a-z]{2} +\d+ \d\d:|\[\w{3} \w{3} \d\d |\{\""
    r"|\[?(?:DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)\b|_{5,}|={5,}|-{5,}|(?:FAILED|PASSED) |>>> |\$ )"
)
_CONTINUED: Final = re.compile(
    r"^\s*(?:\[SQL|\[parameters|\(Background|DETAIL|HINT|CONTEXT|NOTE|\* |\[generated in|\[cached)"
)
_LONGEST: Final = 400  # lines of a message


@dataclass(frozen=True)
class Block:
    """One exception of a text.

    Args:
        number: the line on which it begins.
        name: the class's name with what the text gives of its module.
        message: its message, of several lines where it has them.
        frames: its traceback, the innermost frame last.
        linked: whether the text says that the block before led to it.
        column: where its margin stands, which tells the members of groups from the group.
        text: its lines, and the line before them.
    """

    number: int
    name: str
    message: str
    frames: tuple[Frame, ...]
    linked: bool
    column: int
    text: str


@dataclass(frozen=True)
class Border:
    """The line between the members of an exception group, or the one after the last.

    Args:
        column: where it stands.
        last: whether it closes the group.
    """

    column: int
    last: bool


def blocks(lines: list[Line]) -> Iterator[Block | Border]:
    """Cut a stream into blocks.

    Args:
        lines: a stream in Python's own style.
    """
    return _Cutter(lines).cut()


class _Cutter:
    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        self.prefix = ""
        self.frames: list[Frame] = []
        self.first: int | None = None  # where the block began that is being read
        self.linked = False
        self.member = False  # a border stood directly before: a member may have no frames
        self.column = 0
        self.ended = -1  # the index after the last block

    def cut(self) -> Iterator[Block | Border]:
        index = 0
        while index < len(self.lines):
            text = self.lines[index].text
            if 'File "' in text and (found := _FRAME.search(text)):
                self._add(index, found)
            elif _HEADER in text:
                self._begin(index)
            elif "+-" in text and (border := self._border(text)):
                yield border
            elif "above exception" in text and any(link in text for link in _LINKS):
                yield from self._before(index)
                self.linked = True
            elif (block := self._raised(index)) is not None:
                yield block
                index = self.ended
                continue
            index += 1

    def _begin(self, index: int) -> None:
        self.frames, self.first = [], index

    def _add(self, index: int, found: re.Match[str]) -> None:
        text = self.lines[index].text
        before = text[: found.start()]
        if before.endswith("> "):  # Loguru marks the frame that caught the exception
            before = before[:-2] + "  "
        prefix = before[:-2] if before.endswith("  ") else before.lstrip()
        if prefix != self.prefix and _shape(prefix) != _shape(self.prefix):
            self.frames = []
        if not self.frames:
            self.prefix = prefix
            self.first = index if self.first is None else self.first
        rest = (found["rest"] or "").strip()
        name = found["file"]
        code = self._code(index) or (rest if not rest.startswith("(") else "")
        self.frames.append(Frame(name, int(found["line"]), found["function"] or "", code, is_user_path(name)))

    def _code(self, index: int) -> str:
        body = self._body(index + 1)
        if body is not None and not body.strip():  # some logs put a blank line after each
            body = self._body(index + 2)
        if body is None or not body.startswith("  ") or 'File "' in body or not body.strip(" ^~"):
            return ""
        return body.strip()

    def _body(self, index: int) -> str | None:
        """The line without the prefix of its block, or None where it is none of its lines."""
        if index >= len(self.lines):
            return None
        text = self.lines[index].text
        if not self.prefix or text.startswith(self.prefix):
            return text[len(self.prefix) :]
        size = len(self.prefix)
        if _shape(text[:size]) == _shape(self.prefix):
            return text[size:]
        if self.prefix.isspace():  # indented when it was pasted, but for the last line
            return text
        return "" if _shape(text.rstrip()) == _shape(self.prefix.rstrip()) else None

    def _border(self, text: str) -> Border | None:
        for pattern, last in ((_SEPARATOR, False), (_END, True)):
            if found := pattern.match(text):
                # "+-+---- 1 ----": the members stand below the second plus.
                self.column = len(found["margin"]) + (2 if text[len(found["margin"]) :].startswith("+-+") else 0)
                self.member, self.linked = not last, False
                self.frames, self.first = [], None
                self.prefix = text[: self.column].replace("+-", "  ") + "| " if not last else self.prefix
                return Border(self.column, last)
        return None

    def _raised(self, index: int) -> Block | None:
        text = self.lines[index].text
        if self.frames or self.member or self.linked:
            body = self._body(index)
            if body and not body[0].isspace():
                found = _RAISED.match(body)
                if found and self._credible(found["name"], index):
                    return self._block(index, found["name"], found["message"] or "")
                self.member = self.member and not body.strip()
        if not self.frames:
            return self._alone(index, text)
        return None

    def _alone(self, index: int, text: str) -> Block | None:
        if "Warning: " in text and (warned := _WARNING.match(text)):
            below = self.lines[index + 1].text if index + 1 < len(self.lines) else ""
            code = below.strip() if below.startswith("  ") else ""
            file = warned["file"]
            self.frames = [Frame(file, int(warned["line"]), "", code, is_user_path(file))] if file != "sys" else []
            self.prefix, self.first = "", index
            return self._block(index, warned["name"], warned["message"], self._created_end(index))
        if ": " not in text:
            return None
        found = _ALONE.search(text) or _BARE.match(text)
        if found is None and _WARNED.match(text):
            name, _, message = text.partition(": ")
        elif found is not None:
            name, _, message = found["found"].partition(": ")
        else:
            return None
        self.prefix = ""
        return self._block(index, name, message)

    def _credible(self, name: str, index: int) -> bool:
        """Whether a line names an exception: a log's line between two frames looks much like it."""
        last = name.rpartition(".")[2]
        if _LEVEL.match(name) or not (last[:1].isupper() or "." in name or last[:1] == "_"):
            return False
        if _SUFFIX.search(last) or ("." in name and last[:1].isupper()):
            return True
        for ahead in range(index + 1, min(index + 9, len(self.lines))):
            body = self._body(ahead)
            if body is None or _HEADER in body or any(link in body for link in _LINKS):
                break
            if body.startswith('  File "'):
                return False
        return True

    def _before(self, index: int) -> Iterator[Block]:
        """The block above a link, where it has no frames and so was not seen."""
        if self.frames or index - self.ended < 2:
            return
        last = index - 1
        while last > self.ended and not (self._body(last) or "").strip():
            last -= 1
        first = last
        while first - 1 > max(self.ended, last - _LONGEST) and (self._body(first - 1) or "").strip():
            first -= 1
        body = self._body(first) if first > self.ended else None
        if body and (found := _RAISED.match(body)) and self._credible(found["name"], first):
            yield self._block(first, found["name"], found["message"] or "")

    def _created_end(self, index: int) -> int:
        """The end of a warning, to which Python's development mode adds where the coroutine was made."""
        end = index + 1
        if end < len(self.lines) and self.lines[end].text.startswith("Coroutine created at"):
            end += 1
            while end < len(self.lines) and self.lines[end].text.startswith("  "):
                end += 1
        return end

    def _block(self, index: int, name: str, message: str, end: int | None = None) -> Block:
        end = self._message_end(index, message) if end is None else end
        # The margin of groups is cut off, so the lines of a message that are left empty belong to it.
        parts = [self._body(one) or "" for one in range(index + 1, end)]
        begin = index if self.first is None else self.first
        shown = self.lines[max(begin - 1, 0) : end]
        number = self.lines[begin].number
        column = self.prefix.rindex("|") if self.prefix.endswith("| ") else self.column if self.member else 0
        block = Block(
            number,
            name,
            "\n".join([message, *parts]),
            tuple(self.frames),
            self.linked,
            column,
            "\n".join(line.text for line in shown),
        )
        self.frames, self.first, self.linked, self.member, self.ended = [], None, False, False, end
        return block

    def _message_end(self, index: int, message: str) -> int:
        opened = message.count("[") - message.count("]") if "[SQL" in message else 0
        end = index + 1
        for one in range(index + 1, min(index + _LONGEST, len(self.lines))):
            body = self._body(one)
            if body is None or _stops(body):
                break
            if body.strip():
                if opened <= 0 and end < one and not _CONTINUED.match(body):
                    break
                if opened > 0 or "[SQL" in body or "[parameters" in body:
                    opened += body.count("[") - body.count("]")
                end = one + 1
            elif opened <= 0 and one + 1 < len(self.lines):
                follows = next((text for ahead in range(one, one + 3) if (text := self._body(ahead) or "").strip()), "")
                if not _CONTINUED.match(follows):
                    break
        return end


def _stops(body: str) -> bool:
    return (
        _HEADER in body
        or any(link in body for link in _LINKS)
        or ('File "' in body and _FRAME.search(body) is not None)
        or _LOGGED.match(body) is not None
        or ("+-" in body and (_SEPARATOR.match(body) or _END.match(body)) is not None)
    )


def _shape(prefix: str) -> str:
    return re.sub(r"\d", "0", prefix)

"""Split an SQL file into statements as psql does, with the line of each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Said by the ASCII that is left out, because a range up to the last character takes milliseconds to compile.
_FIRST = r"[^\x00-@\[-\^`{-\x7f]"  # letters, the underscore and everything beyond ASCII
_NEXT = r"[^\x00-/:-@\[-\^`{-\x7f]"  # the same and digits
_NEXT_OR_DOLLAR = r"[^\x00-\#%-/:-@\[-\^`{-\x7f]"
_PIECE = re.compile(
    rf"""
    (?P<line_comment>--[^\n]*)
    | (?P<block_comment>/\*)
    | (?P<dollar>\$(?:{_FIRST}{_NEXT}*)?\$)
    | (?P<escape_string>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>{_FIRST}{_NEXT_OR_DOLLAR}*)
    | (?P<number>\d[\w.]*)
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_COPY_FROM_STDIN = re.compile(r"^COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Statement:
    """One statement of a script.

    Args:
        text: its text without the semicolon.
        line: the line on which it begins, from 1.
        data: the lines that follow a ``COPY ... FROM stdin``, or None for any other statement.
    """

    text: str
    line: int
    data: str | None = None


@dataclass(frozen=True)
class MetaCommand:
    """A line for psql itself, such as ``\\connect``.

    Args:
        text: the command with its arguments.
        line: its line, from 1.
    """

    text: str
    line: int


def split(script: str) -> Iterator[Statement | MetaCommand]:
    """Yield what a script holds, in order.

    Quotes, dollar quotes, nested comments, parentheses (rules), ``BEGIN ATOMIC`` bodies, ``COPY`` data and psql's
    meta-commands are recognised; nothing is checked otherwise.

    Args:
        script: the file's text.
    """
    yield from _Splitter(script).parts()


class _Splitter:
    def __init__(self, script: str) -> None:
        self._script = script.replace("\r\n", "\n")
        self._position = 0
        self._line = 1
        self._reset()

    def _reset(self) -> None:
        self._text: list[str] = []
        self._start = 0
        self._words: list[str] = []
        self._parentheses = 0
        self._blocks = 0

    def parts(self) -> Iterator[Statement | MetaCommand]:
        while self._position < len(self._script):
            match = _PIECE.match(self._script, self._position)
            assert match is not None, "the last alternative matches any character"
            kind, piece = match.lastgroup, match.group()
            if kind == "block_comment":
                self._skip_block_comment()
            elif kind == "dollar":
                end = self._script.find(piece, match.end())
                self._add(self._script[self._position : end + len(piece) if end >= 0 else len(self._script)])
            elif kind in ("line_comment", "space"):
                self._advance(piece)
                if self._text:
                    self._text.append(piece if kind == "space" else " ")
            elif piece == "\\" and not self._text:
                yield self._meta_command()
            elif piece == ";" and self._parentheses == 0 and self._blocks == 0:
                self._advance(piece)
                yield from self._finish()
            else:
                self._note(kind, piece)
                self._add(piece)
        yield from self._finish()

    def _note(self, kind: str | None, piece: str) -> None:
        if piece == "(":
            self._parentheses += 1
        elif piece == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif kind == "word" and self._parentheses == 0:
            word = piece.upper()
            self._words.append(word)
            # Only a routine may have a body of statements that is not quoted; CASE has an END as well.
            if self._is_routine() and (word == "BEGIN" or (word == "CASE" and self._blocks)):
                self._blocks += 1
            elif word == "END" and self._blocks:
                self._blocks -= 1

    def _is_routine(self) -> bool:
        words = [word for word in self._words[:4] if word not in ("OR", "REPLACE")]
        return len(words) > 1 and words[0] == "CREATE" and words[1] in ("FUNCTION", "PROCEDURE")

    def _add(self, piece: str) -> None:
        if not self._text:
            self._start = self._line
        self._text.append(piece)
        self._advance(piece)

    def _advance(self, piece: str) -> None:
        self._position += len(piece)
        self._line += piece.count("\n")

    def _skip_block_comment(self) -> None:
        depth, position = 1, self._position + 2
        while depth and position < len(self._script):
            if self._script.startswith("/*", position):
                depth, position = depth + 1, position + 2
            elif self._script.startswith("*/", position):
                depth, position = depth - 1, position + 2
            else:
                position += 1
        self._advance(self._script[self._position : position])
        if self._text:
            self._text.append(" ")

    def _meta_command(self) -> MetaCommand:
        line = self._line
        text = self._rest_of_line()
        return MetaCommand(text.strip(), line)

    def _finish(self) -> Iterator[Statement]:
        text, line = "".join(self._text).strip(), self._start
        self._reset()
        if not text:
            return
        if _COPY_FROM_STDIN.match(text):
            self._rest_of_line()
            yield Statement(text, line, self._copy_data())
        else:
            yield Statement(text, line)

    def _copy_data(self) -> str:
        rows = []
        while self._position < len(self._script):
            row = self._rest_of_line()
            if row.rstrip("\n") == "\\.":
                break
            rows.append(row)
        return "".join(rows)

    def _rest_of_line(self) -> str:
        end = self._script.find("\n", self._position)
        text = self._script[self._position : end + 1 if end >= 0 else len(self._script)]
        self._advance(text)
        return text

"""``# greenshift: ignore[GS101] reason``: what is said to be right as it is, on its line or alone above it."""

from __future__ import annotations

import io
import linecache
import os
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MARK: Final = "greenshift:"
_COMMENT: Final = re.compile(
    r"#\s*greenshift:\s*ignore\b(?:\s*\[(?P<names>[^\]#]*)\])?(?P<reason>[^#]*)", re.IGNORECASE
)
_NOT_PYTHON: Final = re.compile(r"(?P<before>.*?)(?<!\S)(?P<comment>#.*)")
_SILENT: Final = frozenset({tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """One comment.

    Attributes:
        names: what is ignored, as it is written: rules' ids, or ``n+1`` and ``blocking``.
        reason: why, as it is written; empty if it does not say so.
        line: where it stands, from 1.
        column: its first character, from 1.
        end_column: behind its last character, from 1.
        first: the first line that it speaks of.
        last: the last line that it speaks of.
    """

    names: tuple[str, ...]
    reason: str
    line: int
    column: int
    end_column: int
    first: int
    last: int

    def covers(self, line: int, name: str) -> bool:
        """Return whether it speaks of a line and of a name.

        Args:
            line: from 1.
            name: a rule's id, ``n+1`` or ``blocking``, in any case.
        """
        named = name.lower() in (one.lower() for one in self.names)
        return named and (line == self.line or self.first <= line <= self.last)


def ignore_comments(text: str, *, python: bool = True) -> tuple[IgnoreComment, ...]:
    """Return the comments of a file.

    A comment speaks of the statement on one of whose lines it stands (of a compound statement that is its head), or,
    alone on its line, of the statement below it. The text of a string is no comment. Of a file that is no Python it
    speaks of its line, or of the one below.

    Args:
        text: the file's text.
        python: whether it is Python.
    """
    if _MARK not in text.lower():
        return ()
    return tuple(_in_python(text) if python else _in_lines(text))


def is_ignored(file: str, lines: Sequence[int], name: str) -> bool:
    """Return whether a comment says that something is right in one of some lines of a Python file.

    Args:
        file: the file.
        lines: its lines, from 1.
        name: what it is: ``n+1`` or ``blocking``.
    """
    try:
        state = os.stat(file)
        comments = _of_file(file, (state.st_mtime_ns, state.st_size))
    except OSError:
        comments = _of_file(file, (0, 0))
    return any(comment.covers(line, name) for comment in comments for line in lines)


@lru_cache(maxsize=512)
def _of_file(file: str, state: tuple[int, int]) -> tuple[IgnoreComment, ...]:
    return ignore_comments("".join(linecache.getlines(file)))


def _in_python(text: str) -> Iterator[IgnoreComment]:
    """Yield the comments of Python source, up to where it is none."""
    first = 0
    waiting: list[tokenize.TokenInfo] = []
    above: list[tokenize.TokenInfo] = []
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            # Alone on its line, outside of a statement, it speaks of the next one.
            (waiting if first else above).append(token)
        elif token.type == tokenize.NEWLINE:
            for comment in (*above, *waiting):
                yield from _read(comment.string, comment.start, first, token.start[0])
            first, above, waiting = 0, [], []
        elif token.type == tokenize.NL and not first and not token.line.strip():
            yield from _alone(above)
            above = []
        elif token.type not in _SILENT and not first:
            first = token.start[0]
    yield from _alone(above)
    for comment in waiting:
        yield from _read(comment.string, comment.start, first, comment.start[0])


def _alone(comments: list[tokenize.TokenInfo]) -> Iterator[IgnoreComment]:
    for comment in comments:
        yield from _read(comment.string, comment.start, comment.start[0], comment.start[0])


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return


def _in_lines(text: str) -> Iterator[IgnoreComment]:
    for number, line in enumerate(text.split("\n"), start=1):
        found = _NOT_PYTHON.match(line)
        if found is not None:
            alone = not found["before"].strip()
            yield from _read(found["comment"], (number, found.start("comment")), number, number + alone)


def _read(comment: str, start: tuple[int, int], first: int, last: int) -> Iterator[IgnoreComment]:
    for found in _COMMENT.finditer(comment):
        names = tuple(name.strip() for name in (found["names"] or "").split(",") if name.strip())
        column = start[1] + found.start() + 1
        end = column + len(found[0].rstrip())
        yield IgnoreComment(names, found["reason"].strip(" \t-:–—"), start[0], column, end, first, last)  # noqa: RUF001

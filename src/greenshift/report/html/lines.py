"""Lines of programs for the template: with numbers, coloured as a difference, or compared word by word."""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from greenshift.report.page import Code

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
# The comparison takes quadratic time: longer texts are shown without marks.
_MOST_WORDS: Final = 2_000


class Line(NamedTuple):
    """One line of a text.

    Attributes:
        text: the line, without its end.
        role: ``added``, ``removed``, ``place`` (of a difference's part), ``file``, ``marked`` or nothing.
        number: from 1; 0 where it has none.
    """

    text: str
    role: str = ""
    number: int = 0


class Piece(NamedTuple):
    """A run of words, and whether the other text has it not."""

    text: str
    differs: bool


def difference_lines(text: str) -> list[Line]:
    """Return a unified difference's lines with what each is.

    Args:
        text: the difference.
    """
    lines = []
    inside = False
    for line in text.splitlines():
        if line.startswith("@@"):
            inside = True
            role = "place"
        elif line.startswith(("diff ", "index ")) or (line.startswith(("--- ", "+++ ")) and not inside):
            inside = inside and not line.startswith("diff ")
            role = "file"
        else:
            role = {"+": "added", "-": "removed"}.get(line[:1], "")
        lines.append(Line(line, role))
    return lines


def numbered_lines(code: Code) -> list[Line]:
    """Return a program's lines with their numbers and marks.

    Args:
        code: the program.
    """
    if not code.first_line:
        return [Line(line) for line in code.text.split("\n")]
    return [
        Line(line, "marked" if number in code.marked else "", number)
        for number, line in enumerate(code.text.split("\n"), code.first_line)
    ]


def word_difference(before: str | None, after: str | None) -> tuple[list[Piece], list[Piece]]:
    """Return two texts in pieces, those marked that the other has not; nothing is marked where one is missing.

    Args:
        before: the one, or None.
        after: the other, or None.
    """
    one, other = (_WORDS.findall(text or "") for text in (before, after))
    if before is None or after is None or len(one) + len(other) > _MOST_WORDS:
        return [Piece(before or "", False)], [Piece(after or "", False)]
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    left, right = [], []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        left.append(Piece("".join(one[start:end]), kind != "equal"))
        right.append(Piece("".join(other[other_start:other_end]), kind != "equal"))
    return [piece for piece in left if piece.text], [piece for piece in right if piece.text]

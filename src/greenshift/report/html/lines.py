"""Lines of programs for the template: with numbers, coloured as a difference, or compared word by word."""

from __future__ import annotations

import difflib
import re
from typing import Final, NamedTuple

from markupsafe import Markup

from greenshift.report.page import Code

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")
# The comparison takes quadratic time: longer texts are shown without marks.
_MOST_WORDS: Final = 2_000
_HEADER: Final = ("diff --git ", "index ", "new file mode ", "deleted file mode ")


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


def code_markup(code: Code) -> Markup:
    """Return the lines of a program as HTML: only those that have a role are elements, since a program may be long.

    Args:
        code: the program.
    """
    lines = difference_lines(code.text) if code.language == "diff" else numbered_lines(code)
    return Markup("").join(map(_line_markup, lines))


def _line_markup(line: Line) -> Markup:
    number = Markup('<span class="line-number">{}</span>').format(line.number) if line.number else ""
    if not line.role:
        return Markup("{}{}\n").format(number, line.text)
    return Markup('<span class="line {}">{}{}\n</span>').format(line.role, number, line.text)


def difference_lines(text: str) -> list[Line]:
    """Return a unified difference's lines with what each is.

    Args:
        text: the difference.
    """
    lines = text.removesuffix("\n").split("\n")
    roles: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        # A removed line of two dashes looks like a file's name, which has a second line after it.
        starts_file = line.startswith("--- ") and following.startswith("+++ ")
        ends_file = line.startswith("+++ ") and bool(roles) and roles[-1] == "file"
        if line.startswith("@@"):
            roles.append("place")
        elif starts_file or ends_file or line.startswith(_HEADER):
            roles.append("file")
        else:
            roles.append({"+": "added", "-": "removed"}.get(line[:1], ""))
    return [Line(line, role) for line, role in zip(lines, roles, strict=True)]


def numbered_lines(code: Code) -> list[Line]:
    """Return a program's lines with their numbers and marks.

    Args:
        code: the program.
    """
    lines = code.text.removesuffix("\n").split("\n")
    if not code.first_line:
        return [Line(line) for line in lines]
    return [
        Line(line, "marked" if number in code.marked else "", number)
        for number, line in enumerate(lines, code.first_line)
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

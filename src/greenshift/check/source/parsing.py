"""Source text to syntax tree, whatever Python it was written for."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unparsable:
    """Why a text is no Python.

    Attributes:
        problem: one line.
        line: from 1.
        column: in characters from 1.
    """

    problem: str
    line: int
    column: int


def parse(text: str) -> ast.Module | Unparsable:
    """Return a text's syntax tree, positions as in the text; or why it has none.

    Args:
        text: the source, with ``\\n`` line ends.
    """
    try:
        with warnings.catch_warnings():
            # Such as "invalid escape sequence": the interpreter's business, not ours.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return Unparsable(error.msg or "invalid syntax", error.lineno or 1, error.offset or 1)
    except ValueError as error:  # A null byte, before Python 3.12.
        before, _, _ = text.partition("\0")
        return Unparsable(str(error), before.count("\n") + 1, len(before) - before.rfind("\n"))
    except (RecursionError, MemoryError):
        return Unparsable("it is nested too deeply", 1, 1)

"""Source text to syntax tree, whatever Python it was written for."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import Final

from greenshift.check.source.lowering import is_python, lowered


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


_TOO_DEEP: Final = Unparsable("it is nested too deeply", 1, 1)


def parse(text: str) -> ast.Module | Unparsable:
    """Return a text's syntax tree, positions as in the text; or why it has none.

    Source of a newer Python than the running one is lowered first; the value of what is replaced is unknown.

    Args:
        text: the source, with ``\\n`` line ends.
    """
    tree = _parsed(text)
    if isinstance(tree, ast.Module) or tree is _TOO_DEEP or "\0" in text:
        return tree
    older = lowered(text)
    if older is None:
        return tree
    again = _parsed(older)
    return again if isinstance(again, ast.Module) else tree


def unparsable(text: str) -> Unparsable | None:
    """Return why a text is no Python of any version; None if it is. Quicker than to parse it where it is newer Python.

    Args:
        text: the source, with ``\\n`` line ends.
    """
    tree = _parsed(text)
    if isinstance(tree, ast.Module):
        return None
    return None if "\0" not in text and tree is not _TOO_DEEP and is_python(text) else tree


def _parsed(text: str) -> ast.Module | Unparsable:
    if "\0" in text:
        before, _, _ = text.partition("\0")
        return Unparsable("it holds a null byte", before.count("\n") + 1, len(before) - before.rfind("\n"))
    try:
        with warnings.catch_warnings():
            # Such as "invalid escape sequence": the interpreter's business, not ours.
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return Unparsable(error.msg or "invalid syntax", max(error.lineno or 1, 1), max(error.offset or 1, 1))
    except (RecursionError, MemoryError):
        return _TOO_DEEP

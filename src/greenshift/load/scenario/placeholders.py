"""Placeholders in a scenario's texts: ``{word}``, ``{account.email}``; ``{{`` and ``}}`` are braces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

BUILT_IN: Mapping[str, str] = {
    "unique": "letters and digits that no other request of any run gets",
    "user": "the user's number, from 0",
}

_PIECE = re.compile(r"\{\{|\}\}|\{([A-Za-z_]\w*(?:\.\w+)*)\}|[{}]")

Lookup = Callable[[str], Any]


class Template:
    """A text with placeholders, read once and filled often.

    Args:
        text: the text.

    Raises:
        ValueError: a brace that begins or ends no placeholder.
    """

    __slots__ = ("_pieces", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        pieces: list[str | tuple[str]] = []
        end = 0
        for found in _PIECE.finditer(text):
            pieces.append(text[end : found.start()])
            end = found.end()
            if found[1]:
                pieces.append((found[1],))
            elif found[0] in ("{{", "}}"):
                pieces.append(found[0][0])
            else:
                raise ValueError(f"a lone {found[0]} at character {found.start() + 1} of {text!r}")
        pieces.append(text[end:])
        self._pieces = [piece for piece in pieces if piece]
        self.names: tuple[str, ...] = tuple(piece[0] for piece in self._pieces if isinstance(piece, tuple))

    def fill(self, lookup: Lookup) -> Any:
        """Return the text filled in; a lone placeholder gives the value itself, a number as a number."""
        if len(self._pieces) == 1 and self.names:
            return lookup(self.names[0])
        return "".join(piece if isinstance(piece, str) else as_text(lookup(piece[0])) for piece in self._pieces)

    def fill_path(self, lookup: Lookup) -> str:
        """Return the text filled in, with each value quoted as one segment of a URL's path."""
        return "".join(
            piece if isinstance(piece, str) else quote(as_text(lookup(piece[0])), safe="") for piece in self._pieces
        )


def as_text(value: Any) -> str:
    """Return a value as it stands in a URL, a header or a form: ``true`` for True, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def templated(value: Any) -> Any:
    """Return nested data with each text that has placeholders or braces as a `Template`.

    Raises:
        ValueError: a brace that begins or ends no placeholder.
    """
    if isinstance(value, str):
        return Template(value) if "{" in value or "}" in value else value
    if isinstance(value, Mapping):
        return {key: templated(inner) for key, inner in value.items()}
    if isinstance(value, Sequence):
        return [templated(inner) for inner in value]
    return value


def filled(value: Any, lookup: Lookup) -> Any:
    """Return what `templated` returned, with its templates filled."""
    if isinstance(value, Template):
        return value.fill(lookup)
    if isinstance(value, dict):
        return {key: filled(inner, lookup) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, lookup) for inner in value]
    return value


def names_in(value: Any) -> Iterator[str]:
    """Yield the placeholders' names in what `templated` returned."""
    if isinstance(value, Template):
        yield from value.names
    elif isinstance(value, dict):
        for inner in value.values():
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def escaped(text: str) -> str:
    """Return a text in which braces are braces."""
    return text.replace("{", "{{").replace("}", "}}")

"""A string of which some pieces are known: an f-string, a concatenation, a format."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Text:
    """A string; a piece that is None is not known.

    Attributes:
        pieces: known texts, and None for each piece that is not known.
    """

    pieces: tuple[str | None, ...]

    @property
    def whole(self) -> str | None:
        """The string, if all of it is known."""
        return None if None in self.pieces else "".join(piece for piece in self.pieces if piece is not None)

    @property
    def start(self) -> str:
        """What is known of its beginning."""
        return (self.pieces[0] or "") if self.pieces else ""

    @property
    def scheme(self) -> str | None:
        """A URL's scheme, such as ``postgresql+asyncpg``; None if its beginning is not known."""
        start, separator, _ = self.start.partition("://")
        if separator:
            return start
        # ``sqlite+aiosqlite:`` cannot be told from a beginning without the slashes.
        return None

    def has(self, text: str) -> bool:
        """Return whether a known piece surely holds a text.

        Args:
            text: what to look for.
        """
        return any(piece is not None and text in piece for piece in self.pieces)

    def query(self) -> dict[str, str | None]:
        """Return a URL's parameters, as far as they are known; a value that is not is None."""
        marked = "".join("\0" if piece is None else piece for piece in self.pieces)
        _, separator, query = marked.partition("?")
        found: dict[str, str | None] = {}
        for part in query.split("&") if separator else []:
            name, equals, value = part.partition("=")
            if equals and "\0" not in name:
                found[unquote(name)] = None if "\0" in value else unquote(value)
        return found

"""A titled table of which as many rows are shown as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

# A title and the names of the columns.
HEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; its last column takes the room that is left, and is cut.

    Attributes:
        title: what it holds.
        columns: their names; ``>`` before one aligns it to the right.
        rows: the most important first.
        lines: of each row.
        least: the rows that are shown however little room there is.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Text | str, ...]]
    lines: int = 1
    least: int = 1

    def render(self, limit: int | None) -> RenderableType:
        """Return the table.

        Args:
            limit: of its rows; None for all.
        """
        shown = self.rows if limit is None else self.rows[:limit]
        title = Text(self.title, style="bold")
        if len(shown) < len(self.rows):
            title.append(f"  ({len(shown)} of {len(self.rows)})", style="not bold dim")
        table = Table(box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for index, name in enumerate(self.columns):
            last = index == len(self.columns) - 1
            table.add_column(
                name.removeprefix(">"),
                justify="right" if name.startswith(">") else "left",
                no_wrap=True,
                overflow="ellipsis",
                ratio=1 if last else None,
            )
        for row in shown:
            table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
        return Group(title, table)


def fitting(sections: Sequence[Section], height: int) -> list[int]:
    """Return how many rows of each section fit, so that no section takes what another needs.

    Args:
        sections: the most important first; where there is no room for all, the last have no rows.
        height: lines for all of them.
    """

    def room() -> int:
        used = (HEAD + 1 + count * section.lines for count, section in zip(shown, sections, strict=True) if count)
        return height - sum(used)

    shown = [min(section.least, len(section.rows)) for section in sections]
    for fewest in (2, 0):
        for index in reversed(range(len(sections))):
            if room() < 0:
                shown[index] = min(fewest, shown[index])
    growing = [index for index, count in enumerate(shown) if count]
    while growing:
        for index in tuple(growing):
            if shown[index] == len(sections[index].rows) or sections[index].lines > room():
                growing.remove(index)
            else:
                shown[index] += 1
    return shown

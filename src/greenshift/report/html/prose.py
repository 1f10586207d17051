"""Words of a report: names of programs stand in backticks there."""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup

_NAME: Final = re.compile(r"`([^`\n]{1,200})`")


def prose(text: str) -> Markup:
    """Return a text as HTML: what stands in backticks as code, and arrows as arrows, at which no line is broken in two.

    Everything else in it is escaped.

    Args:
        text: plain text.
    """
    pieces = _NAME.split(text)
    return Markup("").join(
        Markup('<code class="word">{}</code>').format(piece)
        if index % 2
        else Markup("{}").format(piece.replace(" -> ", " \N{RIGHTWARDS ARROW} "))
        for index, piece in enumerate(pieces)
    )

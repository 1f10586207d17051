"""The error page of a development server: as HTML, JSON or plain text.

No value of a variable or parameter is on it, and passwords in the source that it shows are masked.
"""

from __future__ import annotations

import json
import linecache
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from greenshift.explain.editing.application import EditError, difference
from greenshift.explain.explanation import Explanation, Place
from greenshift.masking import mask, masked

if TYPE_CHECKING:
    from jinja2 import Template

_CONTEXT: Final = 3
_TEMPLATE: Final = Path(__file__).with_name("error_page.html")


class SourceLine(NamedTuple):
    """A line of the user's source, as the page shows it."""

    number: int
    text: str
    told: bool


def render(explanations: list[Explanation], accept: str, *, request: str, reason: str) -> tuple[str, bytes]:
    """Return the page's content type and its body.

    Args:
        explanations: what to show, the most telling first.
        accept: the request's ``Accept`` header: HTML and JSON where it names them, otherwise plain text.
        request: the request's method and path.
        reason: the name of the exception's class (its message may hold parameters' values), or a few words.
    """
    if "text/html" in accept:
        page = _template().render(
            explanations=explanations, request=request, reason=reason, source=source_lines, patch=patch
        )
        return "text/html; charset=utf-8", page.encode()
    if "json" in accept:
        content = {
            "detail": "Internal Server Error",
            "reason": reason,
            "explanations": [explanation.as_dict() for explanation in explanations],
        }
        return "application/json", json.dumps(masked(content)).encode()
    heading = f"Internal Server Error: {reason} in {request}"
    parts = [heading]
    for explanation in explanations:
        parts.append(str(explanation))
        if difference_of_edits := patch(explanation):
            parts.append(difference_of_edits)
    return "text/plain; charset=utf-8", mask("\n\n".join(parts)).encode() + b"\n"


def source_lines(place: Place) -> list[SourceLine]:
    """Return a place's line with a few lines around it; none where its file cannot be read."""
    linecache.checkcache(place.file)
    lines = linecache.getlines(place.file)
    first = max(1, place.line - _CONTEXT)
    last = min(len(lines), place.line + _CONTEXT)
    return [
        SourceLine(number, mask(lines[number - 1].rstrip("\n")), number == place.line)
        for number in range(first, last + 1)
    ]


def patch(explanation: Explanation) -> str:
    """Return what its edits would change; nothing where there are none, or where the files changed meanwhile."""
    if not explanation.edits:
        return ""
    try:
        return mask(difference(explanation.edits))
    except EditError:
        return ""


@cache
def _template() -> Template:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))

"""Lines that were noted while the application ran, as places of an explanation."""

from __future__ import annotations

import linecache

from greenshift.explain.explanation import Place
from greenshift.trace import CallSite


def place_of(site: CallSite, role: str) -> Place:
    """Return a noted line as a place, with its text where the file can be read.

    Args:
        site: the line.
        role: the part that it has in the error.
    """
    code = linecache.getline(site.file, site.line).strip()
    return Place(site.file, site.line, role, site.function, code or None)

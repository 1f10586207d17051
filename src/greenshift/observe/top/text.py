"""Texts of others (statements, names, call sites) in a form that is safe and short enough for a terminal."""

from __future__ import annotations

import re
from typing import Final

from greenshift.masking import mask

_SPACE: Final = re.compile(r"\s+")


def one_line(text: str) -> str:
    """Return a text on one line, secrets masked, and nothing in it that a terminal would obey.

    Args:
        text: anything.
    """
    masked = mask(text)
    printable = "".join(sign if sign.isprintable() else " " for sign in masked)
    return _SPACE.sub(" ", printable).strip()


def call_site(text: str | None) -> str:
    """Return ``file:line in function`` with no more of the path than its end.

    Args:
        text: as an observer gives it; None where it is not known.
    """
    if text is None:
        return "unknown"
    path, separator, rest = one_line(text).partition(" in ")
    parts = path.replace("\\", "/").split("/")
    return "/".join(parts[-3:]) + separator + rest


def engine_name(name: str) -> str:
    """Return an engine's name; of a URL only host, port and database.

    Args:
        name: as given to ``install``, or a masked URL.
    """
    name = one_line(name)
    if "://" not in name:
        return name
    place = name.partition("://")[2].partition("?")[0].rpartition("@")[2]
    return place.lstrip("/") or name

"""Words of the command line and of reports."""

from __future__ import annotations


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 file``, ``1,200 files``.

    Args:
        number: how many.
        noun: for one.
        plural: for several, where it is not the noun with an s.
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"

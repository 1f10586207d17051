"""Why nothing can be made."""

from __future__ import annotations


class CannotMake(Exception):  # noqa: N818 - an answer, not an error of the program
    """No value can be made from the schema; the message says why, in a few words."""

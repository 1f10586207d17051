"""What can go wrong while a tree is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from greenshift.errors import GreenshiftError

_SHOWN: Final = 5


class PatchError(GreenshiftError):
    """A tree cannot be changed, or not given back what it held; unless it says otherwise, nothing was changed."""


class DirtyTreeError(PatchError):
    """A git work tree holds changes that are not committed."""


def named(paths: Sequence[str]) -> str:
    """Return some files' names in one line, the rest as a number.

    Args:
        paths: the files.
    """
    shown = ", ".join(paths[:_SHOWN])
    return shown if len(paths) <= _SHOWN else f"{shown} and {len(paths) - _SHOWN} more"


def reason(error: OSError) -> str:
    """Return what the operating system says, without a number and without a path of our own."""
    return error.strerror or type(error).__name__

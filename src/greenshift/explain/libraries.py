"""Which libraries a failure passed through."""

from __future__ import annotations

import re
from typing import Final

from greenshift.explain.failure import Failure, Frame

_SEPARATOR: Final = re.compile(r"[\\/]")

DATABASE: Final = ("sqlalchemy", "asyncpg", "psycopg", "psycopg_pool")


def is_of(frame: Frame, *parts: str) -> bool:
    """Return whether a frame's file lies in one of these packages, or is one of these modules.

    Args:
        frame: a frame, live or from text, of any operating system.
        parts: packages and modules: ``sqlalchemy``, ``sqlalchemy/pool``, ``starlette/testclient.py``.
    """
    if frame.user:
        return False
    path = "/" + "/".join(_SEPARATOR.split(frame.file)) + "/"
    return any(f"/{part}/" in path for part in parts)


def passes_through(failure: Failure, *parts: str) -> bool:
    """Return whether any frame of a failure lies in one of these packages or modules.

    Args:
        failure: what happened.
        parts: as for :func:`is_of`.
    """
    return any(is_of(frame, *parts) for frame in failure.frames)

"""What a request means for the choice of a database."""

from __future__ import annotations

from typing import Any

from fastapi import Request

SAFE = {"GET", "HEAD", "OPTIONS"}


def session_options(request: Request) -> dict[str, Any]:
    """Return the options of a request's session.

    A request that changes something reads what it is going to change, and must not read an old state of it: all of it
    goes to the primary. GET and HEAD are routed by statement.
    """
    return {
        "using": None if request.method in SAFE else "primary",
        "last_write": request.state.last_write,
    }

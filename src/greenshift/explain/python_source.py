"""Python's own parser, past a defect of its."""

from __future__ import annotations

import ast


def parse(text: str | bytes) -> ast.Module:
    """Parse a module.

    Args:
        text: its source.

    Raises:
        SyntaxError: it is no Python.
        ValueError: it holds a null byte.
    """
    try:
        return ast.parse(text)
    except SystemError:
        # Python 3.11 miscounts its depth where the garbage collector ran a finalizer meanwhile (python/cpython#106905);
        # what was garbage is gone now.
        return ast.parse(text)

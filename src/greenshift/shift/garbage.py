"""How often Python looks for garbage in cycles."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 50_000
"""New objects before a collection: a syntax tree is many objects, and nearly all of them stay."""
_NEVER = 1_000_000
"""Collections of young objects before one of older ones: each passes over all trees, for what a stage frees itself."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect garbage more rarely while a block runs that makes many objects which stay."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], _YOUNG) if before[0] else 0, _NEVER, _NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*before)

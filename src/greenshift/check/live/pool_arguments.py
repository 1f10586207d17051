"""The arguments that a pool was made with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.pool import Pool

# What Pool's classes call their arguments, and what create_engine does.
# https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine
_ENGINE_NAMES: Final = {
    "pool_size": "pool_size",
    "max_overflow": "max_overflow",
    "timeout": "pool_timeout",
    "recycle": "pool_recycle",
    "pre_ping": "pool_pre_ping",
    "use_lifo": "pool_use_lifo",
    "reset_on_return": "pool_reset_on_return",
    "echo": "echo_pool",
}


def pool_arguments(pool: Pool) -> Mapping[str, Any] | None:
    """Return what a pool was made with, by ``create_engine``'s names, and its ``creator``.

    Most of that is private in a pool. But ``Pool.recreate()`` is public: it makes a new pool of the same class with the
    same arguments. So a copy is asked to recreate itself, whose class notes the arguments and makes nothing.
    https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.Pool.recreate

    Args:
        pool: any pool; it is not changed.

    Returns:
        The arguments; None if its class recreates itself in a way of its own.
    """
    noted: dict[str, Any] = {}

    def note(copy: Pool, *positional: Any, **named: Any) -> None:
        noted.update(dict(zip(("creator",), positional, strict=False)), **named)

    kind = type(type(pool).__name__, (type(pool),), {"__init__": note})
    copy: Any = object.__new__(kind)
    copy.__dict__.update(pool.__dict__)
    try:
        copy.recreate()
    except Exception:  # a class of the application's may do anything
        return None
    if "creator" not in noted:
        return None
    found = {name: noted[own] for own, name in _ENGINE_NAMES.items() if own in noted}
    reset = found.get("pool_reset_on_return")
    if reset is not None:
        # ResetStyle: reset_rollback, reset_commit, reset_none.
        style = str(getattr(reset, "name", reset)).removeprefix("reset_")
        found["pool_reset_on_return"] = None if style == "none" else style
    return {**found, "creator": noted["creator"]}

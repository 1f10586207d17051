"""How observing begins."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.observe.observer import Observer


def install(
    *engines: Engine | AsyncEngine,
    slow: float | None = 0.1,
    explain: bool = False,
    n_plus_one: bool = True,
    loop_lag: bool = True,
    name: str | Sequence[str] | None = None,
) -> Observer:
    """Watch engines: slow statements, the pool, N+1 loads, and how late the event loops are.

    Args:
        engines: sync or async; none for every engine of the process, those made later as well, whatever the order
            of imports. Each appears when it is first used.
        slow: from how many seconds on a statement is logged (logger ``greenshift.observe``); None for no log.
        explain: whether slow SELECTs are explained, on a connection of its own, never with ANALYZE.
        n_plus_one: whether attributes that are loaded one by one are counted.
        loop_lag: whether the event loops on which statements run are measured.
        name: one for each engine given, which metrics carry; otherwise the masked URL.

    Returns:
        The observer; ``close()`` ends it.

    Raises:
        ObserveError: a name is missing or there twice, or something given is no engine.
    """
    raise NotImplementedError

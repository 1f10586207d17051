"""How observing begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.observe.errors import ObserveError
from greenshift.observe.observer import Observer


def install(
    *engines: Engine | AsyncEngine,
    slow: float | None = 0.1,
    explain: bool = False,
    n_plus_one: bool = True,
    loop_lag: bool = True,
    name: str | Sequence[str] | None = None,
    workers: str | os.PathLike[str] | None = None,
) -> Observer:
    """Watch engines: slow statements, the pool, N+1 loads, and how late the event loops are.

    Args:
        engines: sync or async; none for every engine of the process, those made later as well, whatever the order
            of imports. Each appears when it first runs a statement.
        slow: from how many seconds on a statement is logged (logger ``greenshift.observe``); None for no log.
        explain: whether slow SELECTs are explained, on a connection of its own, never with ANALYZE.
        n_plus_one: whether attributes that are loaded one by one are counted.
        loop_lag: whether the event loops on which statements run are measured.
        name: one for each engine given, which metrics carry; otherwise the masked URL.
        workers: a folder that all workers of the application share (``uvicorn --workers``), for sockets: the metrics of
            any of them are then those of all, each with the label ``worker``. None where each process is asked alone.

    Returns:
        The observer; ``close()`` ends it.

    Raises:
        ObserveError: a name is missing or there twice, or something given is no engine,
            or the folder cannot be used.
    """
    names: list[str | None] = [name] if isinstance(name, str) else [None] * len(engines) if name is None else [*name]
    if len(names) != len(engines):
        raise ObserveError(f"{len(engines)} engines and {len(names)} names", "give one name for each engine, in order")
    given = [one for one in names if one is not None]
    if len(set(given)) < len(given):
        raise ObserveError(f"two engines have one name: {', '.join(given)}", "give each engine a name of its own")
    if slow is not None and not slow >= 0:
        raise ObserveError(f"slow={slow!r} is no number of seconds", "for example slow=0.1, or None for no log")
    found: list[tuple[Engine, str | None]] = []
    for engine, one in zip(engines, names, strict=True):
        sync = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
        if not isinstance(sync, Engine):
            raise ObserveError(f"{type(engine).__name__} is no engine", "give what create_engine() returned")
        found.append((sync, one))
    folder = None if workers is None else Path(workers)
    return Observer(found, slow=slow, explain=explain, n_plus_one=n_plus_one, loop_lag=loop_lag, workers=folder)

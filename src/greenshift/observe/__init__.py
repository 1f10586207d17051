"""What the database costs a running application: slow statements, pools, N+1 loads, late event loops."""

from __future__ import annotations

from greenshift.observe.installing import install
from greenshift.observe.observer import Observer
from greenshift.observe.snapshot import (
    EngineState,
    Histogram,
    Holder,
    LoopLag,
    NPlusOneSite,
    PoolState,
    ProcessState,
    SlowStatement,
    Snapshot,
)

__all__ = [
    "EngineState",
    "Histogram",
    "Holder",
    "LoopLag",
    "NPlusOneSite",
    "Observer",
    "PoolState",
    "ProcessState",
    "SlowStatement",
    "Snapshot",
    "install",
]

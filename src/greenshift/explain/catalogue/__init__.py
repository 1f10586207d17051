"""The catalogue: one module an entry, asked in this order; the first that recognises a failure explains it."""

from __future__ import annotations

from typing import Final

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.catalogue.sync_engine_in_loop import SyncEngineInLoop

# The more particular first: an entry further down may be what an earlier one looks like from afar.
ENTRIES: Final[tuple[Entry, ...]] = (SyncEngineInLoop(),)

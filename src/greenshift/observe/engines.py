"""Which engines are observed: found by the dialects and pools that statements and connections come from."""

from __future__ import annotations

import threading
import weakref
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.engine import Dialect
from sqlalchemy.pool import Pool

from greenshift.observe.ledger import Ledger, masked_url
from greenshift.observe.pool_meter import PoolMeter

Metered = tuple[weakref.ref[Pool], PoolMeter | None]


class Engines:
    """The observed engines, while they live.

    Attributes:
        everyone: whether every engine is observed that runs a statement.
        by_dialect: the ledgers; an engine and its ``execution_options()`` share a dialect.
        pools: meters by the identities of the pools that were seen; None where a pool is not observed.
    """

    def __init__(self, *, everyone: bool) -> None:
        self.everyone: Final = everyone
        # Re-entrant: the end of an engine or a pool may come to light at any moment.
        self._lock = threading.RLock()
        self.by_dialect: dict[Dialect, Ledger] = {}
        self.pools: dict[int, Metered] = {}

    def add(self, engine: Engine, name: str | None = None) -> Ledger:
        """Observe an engine; return its ledger, also where there was one.

        Args:
            engine: of an ``AsyncEngine`` the sync one.
            name: as metrics carry it; None for its URL.
        """
        engine = _origin_of(engine)
        dialect = engine.dialect
        with self._lock:
            ledger = self.by_dialect.get(dialect)
            if ledger is None:
                meter = self.meter_of(engine.pool) or PoolMeter()
                ledger = Ledger(engine, self._unique(name or masked_url(engine)), meter)
                self.pools[id(engine.pool)] = self._metered(engine.pool, meter)
                self.by_dialect[dialect] = ledger
                # Dialects outlive their engines in SQLAlchemy's caches of compiled statements.
                weakref.finalize(engine, self._gone, dialect, weakref.ref(self)).atexit = False
        return ledger

    def of_engine(self, engine: Engine) -> Ledger | None:
        """Return the ledger of an engine that has just run a statement, or None where it is not observed.

        Args:
            engine: the engine.
        """
        return self.add(engine) if self.everyone else None

    def meter_of(self, pool: Pool) -> PoolMeter | None:
        """Return the meter of a pool, or None where it is not observed.

        Args:
            pool: perhaps one never seen before: a new engine's, or what ``dispose()`` put in the place of another.
        """
        # A pool that is gone has been forgotten before another can have its identity.
        metered = self.pools.get(id(pool))
        if metered is not None:
            return metered[1]
        with self._lock:
            meter = PoolMeter() if self.everyone else None
            for ledger in self.by_dialect.values():
                engine = ledger.engine()
                if engine is not None and engine.pool is pool:
                    meter = ledger.meter
            self.pools[id(pool)] = self._metered(pool, meter)
        return meter

    def owns(self, pool: Pool, meter: PoolMeter) -> bool:
        """Return whether a meter is a pool's.

        Args:
            pool: a pool.
            meter: a meter.
        """
        metered = self.pools.get(id(pool))
        return metered is not None and metered[1] is meter

    def ledgers(self) -> list[Ledger]:
        """Return the ledgers of the engines that live, the oldest first."""
        with self._lock:
            return list(self.by_dialect.values())

    def reset(self) -> None:
        """Begin all counts anew, in a forked child."""
        self._lock = threading.RLock()
        for ledger in self.by_dialect.values():
            ledger.reset()

    def _metered(self, pool: Pool, meter: PoolMeter | None) -> Metered:
        key, pools = id(pool), self.pools

        def forget(reference: weakref.ref[Pool]) -> None:
            if pools.get(key, (None,))[0] is reference:
                pools.pop(key, None)

        return weakref.ref(pool, forget), meter

    def _unique(self, name: str) -> str:
        taken = {ledger.name for ledger in self.by_dialect.values()}
        return next(
            one
            for number in range(1, len(taken) + 2)
            if (one := name if number == 1 else f"{name} #{number}") not in taken
        )

    @staticmethod
    def _gone(dialect: Dialect, reference: weakref.ref[Engines]) -> None:
        engines = reference()
        if engines is not None:
            engines.by_dialect.pop(dialect, None)


def _origin_of(engine: Engine) -> Engine:
    """Return the engine that another was made of by ``execution_options()``, which lives for a request perhaps."""
    while True:
        inner = next((one for one in vars(engine).values() if isinstance(one, Engine)), None)
        if inner is None:
            return engine
        engine = inner

"""What is counted of one engine."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.pool import Pool

from greenshift.masking import mask
from greenshift.observe.n_plus_one import NPlusOneCounter
from greenshift.observe.pool_meter import PoolMeter
from greenshift.observe.slow import SlowLog
from greenshift.observe.snapshot import EngineState
from greenshift.observe.tally import Tally


class Ledger:
    """One engine's counts. It does not keep the engine alive.

    Args:
        engine: of an ``AsyncEngine`` the sync one.
        name: as metrics carry it.
        meter: of its pools.
    """

    def __init__(self, engine: Engine, name: str, meter: PoolMeter) -> None:
        self.name = name
        self.url = masked_url(engine)
        self.engine = weakref.ref(engine)
        self.meter = meter
        self._driver = engine.dialect.driver
        self._is_async = engine.dialect.is_async
        self._begin()

    def reset(self) -> None:
        """Begin anew, the pools' counts as well."""
        self._begin()
        self.meter.reset()

    def _begin(self) -> None:
        self.durations = Tally()
        self.errors = 0
        self.slow = SlowLog(self.name)
        self.n_plus_one = NPlusOneCounter()

    def state(self, owns: Callable[[Pool, PoolMeter], bool]) -> EngineState | None:
        """Return what is known, or None where the engine is gone.

        Args:
            owns: says of a pool whether a meter is its own.
        """
        engine = self.engine()
        if engine is None:
            return None
        durations = self.durations.histogram()
        return EngineState(
            name=self.name,
            url=self.url,
            driver=self._driver,
            is_async=self._is_async,
            statements=durations.count,
            errors=self.errors,
            database_seconds=durations.sum,
            durations=durations,
            slow_count=self.slow.count,
            slow=self.slow.last(),
            n_plus_one_count=self.n_plus_one.count,
            n_plus_one=self.n_plus_one.sites(),
            pool=self.meter.state(engine.pool, lambda pool: owns(pool, self.meter)),
        )


def masked_url(engine: Engine) -> str:
    """Return an engine's URL without its secrets.

    Args:
        engine: the engine.
    """
    return mask(engine.url.render_as_string(hide_password=True))

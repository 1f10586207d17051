"""One step of load: so many users, or requests offered at a fixed rate, for so long or so many requests."""

from __future__ import annotations

from dataclasses import dataclass

from greenshift.load.errors import LoadError


@dataclass(frozen=True, slots=True)
class Step:
    """One step of load, either closed (``users``) or open (``rate``).

    With ``users``, each user sends its next request when the last was answered. With ``rate``, requests are due at
    fixed times whether or not earlier ones were answered, and latency counts from the time each was due
    (see `greenshift.load.generator`).

    Attributes:
        users: concurrent users. With ``rate``: the most requests that are under way at once (default: `in_flight`).
        rate: requests a second that are offered.
        seconds: how long is measured; either this or ``requests``.
        requests: how many requests are measured.
        warm_up: seconds of the same load before, which count for nothing.
        timeout: seconds after which a request is given up and counted as a timeout.
    """

    users: int | None = None
    rate: float | None = None
    seconds: float | None = None
    requests: int | None = None
    warm_up: float = 2.0
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if self.users is None and self.rate is None:
            raise LoadError("a step of load says neither users nor a rate", "give it users=50 or rate=200")
        if (self.seconds is None) == (self.requests is None):
            raise LoadError("a step of load needs either seconds or requests", "give it seconds=10 or requests=1000")
        for name in ("users", "rate", "seconds", "requests", "timeout"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise LoadError(f"a step of load with {name} = {value}", f"{name} must be above 0")
        if self.warm_up < 0:
            raise LoadError(f"a step of load with warm_up = {self.warm_up}", "warm_up must not be below 0")

    @property
    def in_flight(self) -> int:
        """How many users send requests: for a rate, by default one for each request a second, from 10 to 200."""
        if self.users is not None:
            return self.users
        return max(10, min(200, round(self.rate or 0)))

    @property
    def label(self) -> str:
        """How it is called in a table: ``50 users`` or ``200/s``."""
        if self.rate is not None:
            return f"{self.rate:g}/s"
        return "1 user" if self.users == 1 else f"{self.users} users"

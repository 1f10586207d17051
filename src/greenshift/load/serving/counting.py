"""Statements and database time by request, counted around the application."""

from __future__ import annotations

import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, Final

from greenshift import trace
from greenshift.load.serving.loop_lag import LoopLag

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Request:
    __slots__ = ("seconds", "statements")

    def __init__(self) -> None:
        self.statements = 0
        self.seconds = 0.0


# Threads and tasks that a request starts inherit it, so their statements count for the request.
_current: Final[ContextVar[_Request | None]] = ContextVar("greenshift_load_request", default=None)


class Counting:
    """ASGI middleware that counts requests, their statements and the time that the database took for them.

    Args:
        app: the application.
        startup_failed: told why the lifespan did not begin.

    Attributes:
        requests: requests that ended.
        statements: statements in them.
        database_seconds: from handing each statement to the driver until its answer; in asyncio the loop's other work
            in between is in it.
        request_seconds: from the application's being called to its return.
        others: statements outside of requests.
        endpoints: requests, statements and database seconds by method and route: ``GET /exams/{exam_id}``.
    """

    def __init__(self, app: Application, startup_failed: Callable[[str], None] = lambda _: None) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._limiter: Any = None
        self._loop_lag: LoopLag | None = None
        self._startup_failed = startup_failed
        self.requests = 0
        self.statements = 0
        self.database_seconds = 0.0
        self.request_seconds = 0.0
        self.others = 0
        self.endpoints: dict[str, list[float]] = {}
        self._subscription = trace.executions.on_end(self._statement)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count what happens in it."""
        if self._loop_lag is None:
            self._loop_lag = LoopLag()
            self._limiter = _limiter()
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._watching(send))
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request()
        token = _current.set(request)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, send)
        finally:
            _current.reset(token)
            with self._lock:
                self.requests += 1
                self.statements += request.statements
                self.database_seconds += request.seconds
                self.request_seconds += time.perf_counter() - started
                of_endpoint = self.endpoints.setdefault(_endpoint(scope), [0, 0, 0.0])
                for index, value in enumerate((1, request.statements, request.seconds)):
                    of_endpoint[index] += value

    def loop_lag(self) -> list[float]:
        """Return the loop's lags, in seconds, since the last call."""
        return [] if self._loop_lag is None else self._loop_lag.take()

    def threads(self) -> dict[str, float] | None:
        """Return the limit of Starlette's threads, how many are in use, and how many calls wait for one."""
        if not self._limiter:
            return None
        limiter = self._limiter
        try:
            statistics = limiter.statistics()
            return {
                "limit": float(limiter.total_tokens),
                "in_use": float(statistics.borrowed_tokens),
                "waiting": float(statistics.tasks_waiting),
            }
        except RuntimeError:  # changed while it was read, from the loop's thread
            return None

    def _watching(self, send: Send) -> Send:
        async def watched(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                self._startup_failed(str(message.get("message", "")).strip().rpartition("\n")[2])
            await send(message)

        return watched

    def _statement(self, _context: Any, _sql: str, seconds: float, _error: BaseException | None) -> None:
        request = _current.get()
        if request is None:
            self.others += 1
            return
        request.statements += 1
        request.seconds += seconds


def _endpoint(scope: Scope) -> str:
    """Return the method and the route that Starlette found; outside of routes no path, there may be any number."""
    path = getattr(scope.get("route"), "path", None)
    return f"{scope.get('method', '')} {path}" if isinstance(path, str) else "(no route)"


def _limiter() -> Any:
    """Return what limits the threads of sync routes, in the loop that asks; False where AnyIO is not used."""
    try:
        import anyio.to_thread

        return anyio.to_thread.current_default_thread_limiter()
    except Exception:
        return False

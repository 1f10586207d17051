"""The one thread that uses the real connection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")

RETRY_SECONDS = 0.05


class Owner:
    """Runs what is submitted, in order of arrival, in one thread.

    Args:
        cancel: asks the server to cancel the statement that the thread is executing.
    """

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._queue: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._change = threading.Lock()
        self._current: Future[Any] | None = None
        self._stopped = False
        # A daemon, so that a program whose test run was interrupted can end.
        self._thread = threading.Thread(target=self._work, name="greenshift shared connection", daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], T]) -> Future[T]:
        """Queue a job and return its result to come.

        Raises:
            RuntimeError: the thread has been stopped.
        """
        if self._stopped:
            raise RuntimeError("the shared connection is closed")
        future: Future[T] = Future()
        self._queue.put((future, job))
        return future

    def urgently(self, job: Callable[[], T]) -> T:
        """Run a job and wait for it, cancelling the statements before it on the server until it has begun."""
        future = self.submit(job)
        while True:
            with self._change:
                if self._current is not None and self._current is not future:
                    self._interrupt()
            try:
                return future.result(timeout=RETRY_SECONDS)
            except TimeoutError:
                # Either it takes its time, or the cancellation came before its statement reached the server.
                if future.done():
                    return future.result()

    def abandon(self, future: Future[Any]) -> None:
        """Give a job up: it does not start, or its statement is cancelled on the server."""
        if future.cancel():
            return
        with self._change:
            # Under the lock the job cannot end, so that no later statement is hit.
            if self._current is future:
                self._interrupt()

    def stop(self) -> None:
        """End the thread after what is queued."""
        self._stopped = True
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (entry := self._queue.get()) is not None:
            self._run(*entry)
            # A result may be large: held no longer than needed.
            del entry

    def _run(self, future: Future[Any], job: Callable[[], Any]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        with self._change:
            self._current = future
        try:
            result = job()
        except BaseException as error:
            self._finish()
            future.set_exception(error)
        else:
            self._finish()
            future.set_result(result)

    def _finish(self) -> None:
        with self._change:
            self._current = None

    def _interrupt(self) -> None:
        try:
            self._cancel()
        except psycopg.Error:  # the connection is gone, and the statement with it
            return

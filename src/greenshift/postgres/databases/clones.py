"""Clones made ahead of time in the background, so that a test that wants one of its own need not wait."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading
import time

import psycopg

from greenshift.postgres.databases.database import Database
from greenshift.postgres.databases.run import Run
from greenshift.postgres.databases.template import Template
from greenshift.postgres.errors import DatabaseError

# How many used clones (some 8 MB each) may wait to be dropped while new ones are made.
UNDROPPED = 32


class ClonePool:
    """Keeps some clones of a template ready.

    One thread makes them and another drops the used ones, over connections of their own.

    Args:
        template: what to clone.
        run: the run that owns the clones.
        size: how many to keep ready.
    """

    def __init__(self, template: Template, run: Run, size: int = 3) -> None:
        self._template = template
        # Two parts of the same run, so that creating one does not wait for another being dropped.
        self._making, self._dropping = (Run.start(run.server, run.id) for _ in range(2))
        self._ready: queue.SimpleQueue[Database | BaseException] = queue.SimpleQueue()
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._used: queue.SimpleQueue[Database | None] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._taken: set[Database] = set()
        self._process = os.getpid()
        self._closed = False
        self._size = max(size, 1)
        self._threads = [
            threading.Thread(target=self._make, name="greenshift clones", daemon=True),
            threading.Thread(target=self._drop, name="greenshift used clones", daemon=True),
        ]
        for _ in range(self._size):
            self._wanted.put(True)
        for thread in self._threads:
            thread.start()

    @property
    def ready(self) -> int:
        """How many clones wait to be taken."""
        return self._ready.qsize()

    def take(self) -> Database:
        """Return a fresh clone; one that is ready, or the next to become so.

        Raises:
            DatabaseError: none could be made, or the pool is closed.
        """
        if self._closed:
            raise DatabaseError("the pool of clones is closed", "take clones before the end of the test run")
        made = self._ready.get()
        self._wanted.put(True)
        if isinstance(made, BaseException):
            raise made
        self._taken.add(made)
        return made

    def discard(self, database: Database) -> None:
        """Drop a used clone in the background."""
        self._taken.discard(database)
        self._used.put(database)

    def close(self) -> None:
        """Drop every clone, those in use too, and end the threads. Safe to call twice, and in a forked child."""
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        self._wanted.put(False)
        self._used.put(None)
        for thread in self._threads:
            thread.join()
        for database in self._taken:
            database.close()
        with contextlib.suppress(queue.Empty):
            while True:
                made = self._ready.get_nowait()
                if isinstance(made, Database):
                    made.close()
        # The runs know every database that they made, taken or not.
        self._dropping.close()
        self._making.close()

    def _make(self) -> None:
        while self._wanted.get() and not self._closed:
            try:
                label = f"clone_{os.getpid()}_{next(self._numbers)}"
                self._ready.put(self._template.clone(self._making, label))
            except (DatabaseError, psycopg.Error) as error:
                self._ready.put(error)

    def _drop(self) -> None:
        while (database := self._used.get()) is not None:
            database.close()
            # Tests wait for new ones, and nobody for this.
            while self.ready < self._size and self._used.qsize() < UNDROPPED and not self._closed:
                time.sleep(0.005)
            # What cannot be dropped now is dropped when the pool closes.
            with contextlib.suppress(DatabaseError, psycopg.Error):
                self._dropping.drop(database.name)
                self._making.release(database.name)

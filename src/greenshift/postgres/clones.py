"""Clones made ahead of time in the background, so that a test that wants one of its own need not wait."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import threading

import psycopg

from greenshift.postgres.database import Database
from greenshift.postgres.errors import DatabaseError
from greenshift.postgres.run import Run
from greenshift.postgres.template import Template


class ClonePool:
    """Keeps some clones of a template ready.

    One thread makes them and drops the used ones, over connections of its own.

    Args:
        template: what to clone.
        run: the run that owns the clones.
        size: how many to keep ready.
    """

    def __init__(self, template: Template, run: Run, size: int = 3) -> None:
        self._template = template
        self._run = Run.start(run.server, run.id)
        self._ready: queue.SimpleQueue[Database | BaseException] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Database | str] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._given: set[Database] = set()
        self._process = os.getpid()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="greenshift clones", daemon=True)
        for _ in range(max(size, 1)):
            self._work.put("clone")
        self._thread.start()

    def take(self) -> Database:
        """Return a fresh clone; one that is ready, or the next to become so.

        Raises:
            DatabaseError: none could be made, or the pool is closed.
        """
        if self._closed:
            raise DatabaseError("the pool of clones is closed", "take clones before the end of the test run")
        self._work.put("clone")
        made = self._ready.get()
        if isinstance(made, BaseException):
            raise made
        self._given.add(made)
        return made

    def discard(self, database: Database) -> None:
        """Drop a used clone in the background."""
        self._given.discard(database)
        self._work.put(database)

    def close(self) -> None:
        """Drop every clone, those in use too, and end the thread. Safe to call twice, and in a forked child."""
        if self._closed or os.getpid() != self._process:
            return
        self._closed = True
        self._work.put("close")
        self._thread.join()
        # The run knows every database it made, taken or not.
        for database in self._given:
            database.close()
        with contextlib.suppress(queue.Empty):
            while True:
                made = self._ready.get_nowait()
                if isinstance(made, Database):
                    made.close()
        self._run.close()

    def _serve(self) -> None:
        while True:
            job = self._work.get()
            if job == "close" or self._closed:
                return
            try:
                if isinstance(job, Database):
                    job.drop()
                else:
                    number = next(self._numbers)
                    self._ready.put(self._template.clone(self._run, f"clone_{os.getpid()}_{number}"))
            except (DatabaseError, psycopg.Error) as error:
                if not isinstance(job, Database):
                    self._ready.put(error)

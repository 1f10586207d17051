"""One SQLite file that tests use, brought back to its template's content after each."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from greenshift.postgres.databases.rewind import RewindReport
from greenshift.postgres.errors import DatabaseError

if TYPE_CHECKING:
    from greenshift.postgres.databases.backends import Backend
    from greenshift.testing.sqlite.template import SQLiteTemplate

_SIDE_FILES = ("-wal", "-shm", "-journal")
_RETRY_SECONDS = 0.005


class SQLiteDatabase:
    """A file under a path that stays the same, so that engines made once go on working.

    The content is restored through SQLite itself, page by page into the same file: connections that a pool keeps open
    see it, their caches included, whatever the journal mode. That needs a moment in which nobody else is in a
    transaction. If one is left open, the pools' owners are asked to let go (``before_reclone``); if that doesn't help,
    the file is replaced by a new one, and the transaction ends on the old one, which has no name any more.

    Foreign keys are enforced as the application's own connections ask for it.

    Args:
        template: what to copy.
        label: the file's name without its suffix.

    Attributes:
        before_reclone: called before the file is replaced, for the owners of connections to close them.
        generation: how often the file has been replaced.
    """

    rewind_is_native = True

    def __init__(self, template: SQLiteTemplate, label: str = "database") -> None:
        self.template = template
        self.path = template.folder.file(label)
        self.name = str(self.path)
        self.generation = 0
        self.before_reclone: list[Callable[[], None]] = []
        self._keeper: sqlite3.Connection | None = None
        self._version = -1
        self._inode = -1
        self._replace()

    def url(self, driver: str | None = None) -> str:
        """Return the SQLAlchemy URL for ``pysqlite`` or ``aiosqlite``; None leaves the driver out."""
        return f"sqlite:///{self.path}" if driver is None else f"sqlite+{driver}:///{self.path}"

    def connect(self) -> sqlite3.Connection:
        """Open a connection of Python's own driver."""
        return sqlite3.connect(self.path)

    def rewind(self, *, wait: float = 0.0) -> RewindReport:
        """Give the file its template's content back.

        Args:
            wait: seconds that transactions still open may take to end.

        Returns:
            How long it took; ``dirty_tables`` is 1 where anything had been written, and ``recloned`` says why the file
            was replaced, if it was.

        Raises:
            DatabaseError: the file cannot be written.
        """
        started = time.perf_counter()
        report = RewindReport()
        try:
            is_free = self._wait_for_turn(wait)
            report.waited_seconds = time.perf_counter() - started
            if not is_free:
                self._let_go()
                is_free = self._wait_for_turn(_RETRY_SECONDS)
            if not self._is_same_file():
                report.recloned = "the file was removed or replaced"
                self.reclone()
            elif not is_free:
                report.recloned = "a connection stayed in a transaction"
                self._replace()
            else:
                report.dirty_tables = int(self._restore())
        except sqlite3.OperationalError:
            report.recloned = "a connection took the file while it was restored"
            self.reclone()
        except sqlite3.DatabaseError:
            report.recloned = "the file was damaged"
            self.reclone()
        if report.recloned is not None:
            report.dirty_tables = 1
        report.seconds = time.perf_counter() - started
        return report

    def reclone(self) -> None:
        """Replace the file by a new copy of the template, after its users were asked to let go.

        Raises:
            DatabaseError: the file cannot be written.
        """
        self._let_go()
        self._replace()

    def keep(self, name: str) -> str:
        """Copy the present content to where it outlives the run, and return the command that opens it."""
        folder = Path(tempfile.gettempdir()) / "greenshift-kept"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / (re.sub(r"[^\w.-]+", "_", name)[-100:] + ".sqlite")
        path.unlink(missing_ok=True)
        with contextlib.closing(self.connect()) as source, contextlib.closing(sqlite3.connect(path)) as target:
            source.backup(target)
        return f"sqlite3 {shlex.quote(str(path))}"

    def connections(self, include_own: bool = False) -> list[Backend]:
        """Return nothing: SQLite has no server that knows its connections."""
        return []

    def terminate(self, pids: Iterable[int]) -> None:
        """Do nothing: there is no server process to end."""

    def drop(self) -> None:
        """Remove the file and what SQLite keeps beside it. Safe to call twice."""
        self.close()
        self._remove()

    def close(self) -> None:
        """Close the connection that this object holds; the file stays."""
        if self._keeper is not None:
            self._keeper.close()
            self._keeper = None

    def _let_go(self) -> None:
        for callback in self.before_reclone:
            callback()

    def _connection(self) -> sqlite3.Connection:
        if self._keeper is None:
            self._keeper = sqlite3.connect(self.path, timeout=0.0, isolation_level=None, check_same_thread=False)
            self._keeper.execute("PRAGMA synchronous = OFF")
        return self._keeper

    def _wait_for_turn(self, wait: float) -> bool:
        """Wait until nobody else is in a transaction."""
        deadline = time.perf_counter() + wait
        keeper = self._connection()
        while True:
            try:
                # Only an exclusive transaction is refused while others read.
                keeper.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                if time.perf_counter() >= deadline:
                    return False
                time.sleep(_RETRY_SECONDS)
            else:
                keeper.execute("ROLLBACK")
                return True

    def _restore(self) -> bool:
        """Restore the content where another connection has written; return whether one had."""
        keeper = self._connection()
        if self._data_version() == self._version:
            return False

        def give_up_when_busy(status: int, _remaining: int, _total: int) -> None:
            # Python would try again for ever.
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise sqlite3.OperationalError("database is locked")

        self.template.connection.backup(keeper, progress=give_up_when_busy)
        self._version = self._data_version()
        return True

    def _data_version(self) -> int:
        ((version,),) = self._connection().execute("PRAGMA data_version").fetchall()
        return int(version)

    def _replace(self) -> None:
        self.close()
        try:
            self._remove()
            shutil.copyfile(self.template.path, self.path)
        except OSError as error:
            raise DatabaseError(
                f"the SQLite file {self.path} cannot be written: {error.strerror}", "make room on its file system"
            ) from error
        self.generation += 1
        self._version = self._data_version()
        self._inode = self.path.stat().st_ino

    def _is_same_file(self) -> bool:
        try:
            return self.path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False

    def _remove(self) -> None:
        for suffix in ("", *_SIDE_FILES):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

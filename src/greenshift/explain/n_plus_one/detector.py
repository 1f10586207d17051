"""The detector: watches statements while it is on, and says afterwards which of them were sent one by one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

from greenshift import trace
from greenshift.explain.explanation import Explanation
from greenshift.explain.n_plus_one.attribute_loads import KINDS, AttributeLoads
from greenshift.explain.n_plus_one.eager_loads import EagerLoads
from greenshift.explain.n_plus_one.exclusions import Exclusions
from greenshift.explain.n_plus_one.explanations import explain_attribute_loops, explain_statement_loop
from greenshift.explain.n_plus_one.hand_written import HandWritten
from greenshift.explain.n_plus_one.sql_text import reads_rows, writes
from greenshift.explain.n_plus_one.stack import Stacks
from greenshift.explain.n_plus_one.turns import Runner, Turns, runner_here, runner_of

_WRITES: Final = frozenset({"insert", "update", "delete", "flush", "bulk", "ddl"})
_TEXTS: Final = frozenset({"select", "core", "text", "driver"})


class Detector:
    """Finds loops that load one by one what one query could load; also a context manager.

    An attribute loop is reported from two parents on that the same execution of one SELECT loaded; a loop written by
    hand from three different values on. Values are never kept nor shown.

    Args:
        ignored_paths: globs of files or folders, relative to ``root``, about which nothing is reported.
        root: the project's folder; None for the current one.
        loops_in_tests: whether loops in the code of tests are reported too.
        owns: says of each statement whether it counts, as it ends and in its task; None for all of the process.
        unused_eager_loads: whether :meth:`advice` is wanted. It costs time for every row that is loaded.
    """

    def __init__(
        self,
        *,
        ignored_paths: Sequence[str] = (),
        root: Path | None = None,
        loops_in_tests: bool = False,
        owns: Callable[[trace.Statement], bool] | None = None,
        unused_eager_loads: bool = False,
    ) -> None:
        self._exclusions = Exclusions(ignored_paths, root, loops_in_tests)
        self._owns = owns
        self._lock = threading.Lock()
        self._stacks = Stacks()
        self._turns = Turns()
        self._attributes = AttributeLoads()
        self._hand_written = HandWritten()
        self._eager = EagerLoads(self._exclusions, self._owns_here) if unused_eager_loads else None
        self._runners: set[Runner] = set()
        self._subscriptions: list[Any] = []

    def start(self) -> Self:
        """Begin to watch."""
        if not self._subscriptions:
            self._subscriptions = [
                trace.instances.follow(),
                trace.subscribe(self._statement_ended, parameters=True),
            ]
            if self._eager is not None:
                self._eager.start()
        return self

    def close(self) -> None:
        """Stop watching; what was found stays. Safe to call twice."""
        for subscription in self._subscriptions:
            subscription.close()
        self._subscriptions = []
        if self._eager is not None:
            self._eager.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def findings(self) -> list[Explanation]:
        """Return the loops found so far: of the kinds ``N+1 lazy loads`` and ``N+1 loop``."""
        with self._lock:
            attribute_loops = self._attributes.loops(self._exclusions)
            statement_loops = self._hand_written.loops(self._exclusions)
        return [*explain_attribute_loops(attribute_loops), *map(explain_statement_loop, statement_loops)]

    def advice(self) -> list[Explanation]:
        """Return the eager loads that nobody used so far, of the kind ``eager load never used``; never an error."""
        return [] if self._eager is None else self._eager.advice()

    def _statement_ended(self, statement: trace.Statement) -> None:
        kind = statement.origin.kind
        if statement.error is not None or (self._owns is not None and not self._owns(statement)):
            return
        if self._eager is not None:
            self._runners.add(runner_of(statement))
            if kind == "flush" and statement.sql.startswith("DELETE"):
                self._eager.deleted()
        if kind in _WRITES:
            self._write(statement)
        elif kind in KINDS:
            stack = self._stacks.here(sys._getframe(1))
            with self._lock:
                self._attributes.add(statement, stack, self._turns.of(statement))
        elif kind in _TEXTS:
            if reads_rows(statement.sql):
                stack = self._stacks.here(sys._getframe(1))
                with self._lock:
                    self._hand_written.add(statement, stack, self._turns.of(statement))
            elif kind != "select" and writes(statement.sql):
                self._write(statement)

    def _write(self, statement: trace.Statement) -> None:
        with self._lock:
            self._turns.end(statement)

    def _owns_here(self) -> bool:
        """Return whether what happens now belongs to statements that count, by the thread and task of earlier ones."""
        return self._owns is None or runner_here() in self._runners

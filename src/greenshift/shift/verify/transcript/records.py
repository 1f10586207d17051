"""A recording, read back: the tests of one run, their outcomes, their SQL."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from greenshift.shift.verify.transcript.eager_joins import columns_and_rest, without_eager_joins
from greenshift.shift.verify.transcript.noise import is_noise
from greenshift.shift.verify.transcript.normal_form import (
    LITERAL,
    NormalForm,
    finished,
    meaning,
    normal_form,
    renumbered,
)
from greenshift.shift.verify.verdict import CallSite

OUTSIDE: Final = "(outside of tests)"
# In the place of a file that could not be imported: none was.
EVERYTHING: Final = "the tests"
_RETURNING: Final = " RETURNING "
_WRITES: Final = ("INSERT ", "UPDATE ", "DELETE ")


@dataclass(frozen=True, eq=False)
class Entry:
    """One statement, or one commit, of a transcript.

    Args:
        text: its normal form.
        shape: what its parameters are, in their order: ``number``, ``text``, ``time``, ``list``, ``null``.
        rows: how many rows it writes, or how many sets of parameters it had.
        kind: what asked for it: the kinds of ``trace.Origin``, ``commit``, ``explicit load``: of a relationship that
            ``refresh()`` names, ``by key``: a select of one instance by its primary key, or ``get``: such a select of
            what the session did not hold.
        detail: ``Model.attribute``, or a model, or None.
        session: the number of its session.
        at: the line that asked for it.
        phase: of the test: ``setup``, ``call``, ``teardown``.
        sql: the text as the driver got it.
        driver: the driver.
        families: of each parameter, by name or position, what it is.
        error: the error that it ended with, or None.
    """

    text: str
    shape: tuple[str, ...]
    rows: int
    kind: str
    detail: str | None
    session: int
    at: CallSite | None
    phase: str | None
    sql: str = ""
    driver: str | None = None
    families: dict[str | int, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What must be equal before and after."""
        return self.text, self.shape, self.rows, self.error is None

    @property
    def writes(self) -> bool:
        """Whether it inserts, updates or deletes."""
        return self.text.startswith(_WRITES)

    @property
    def eager_tables(self) -> frozenset[str]:
        """The tables that eager loading has joined to it."""
        return _unjoined(self.sql, self.driver).tables if self.text.startswith("SELECT ") else frozenset()

    def selects_more_than(self, other: Entry) -> bool:
        """Return whether it is the other SELECT with further columns: some that are deferred there."""
        mine, others = _unjoined(self.sql, self.driver), _unjoined(other.sql, other.driver)
        return bool(others.columns) and mine.rest == others.rest and set(mine.columns) > set(others.columns)

    @property
    def plain_key(self) -> tuple[object, ...]:
        """The key that it has without eager joins."""
        if not self.eager_tables:
            return self.key
        form = _unjoined(self.sql, self.driver).form
        return form.text, _shape(form, self.families), self.rows, self.error is None


class _Plain(NamedTuple):
    form: NormalForm
    tables: frozenset[str]
    columns: tuple[str, ...]
    rest: str


@lru_cache(maxsize=20_000)
def _unjoined(sql: str, driver: str | None) -> _Plain:
    nodes, rows = meaning(sql, driver)
    left = without_eager_joins(nodes)
    columns, rest = columns_and_rest(renumbered(left.nodes))
    return _Plain(finished((left.nodes, rows)), left.tables, columns, rest)


@dataclass
class Unawaited:
    """A coroutine that nobody awaited."""

    name: str
    at: CallSite | None


@dataclass
class TestRecord:
    """One test.

    Args:
        name: its node id.
        outcome: ``passed``, ``failed``, ``error``, ``skipped``, ``xfailed``, ``xpassed``, or ``not finished``.
        reason: why it failed, one line.
        at: where it failed.
        entries: its transcript.
        unawaited: the coroutines that it left behind.
    """

    name: str
    outcome: str = "not finished"
    reason: str | None = None
    at: CallSite | None = None
    entries: list[Entry] = field(default_factory=list)
    unawaited: list[Unawaited] = field(default_factory=list)
    __test__ = False


@dataclass
class RunRecord:
    """One run.

    Args:
        root: the tree that it ran in.
        tests: by node id, in their order.
        outside: what ran outside of every test.
        not_collected: files that could not be imported, and why.
        forgiving: the production factories whose options sessions of the tests did not have.
        modules: the files of the user's code that was imported.
        finished: whether it came to its end.
        collected: how many tests there are, as soon as that is known.
        statements: how many statements were sent, noise included.
        drivers: the drivers they were sent with.
        seconds: how long it took.
    """

    root: Path
    tests: dict[str, TestRecord] = field(default_factory=dict)
    outside: TestRecord = field(default_factory=lambda: TestRecord(OUTSIDE))
    not_collected: dict[str, str] = field(default_factory=dict)
    forgiving: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    finished: bool = False
    collected: int | None = None
    statements: int = 0
    drivers: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def outcomes(self) -> dict[str, int]:
        """How many tests had each outcome."""
        return dict(Counter(test.outcome for test in self.tests.values()))


def read_run(path: Path, root: Path) -> RunRecord:
    """Read a recording; of one that was cut off, what there is.

    Args:
        path: the recorder's file.
        root: the tree that was run, to which paths are made relative.
    """
    run = RunRecord(root)
    texts: dict[int, str] = {}
    for event in read_events(path):
        kind = event["event"]
        if kind == "text":
            texts[event["number"]] = event["text"]
            continue
        test = run.outside if event.get("test") is None else run.tests.get(event["test"], run.outside)
        if kind == "begin":
            run.tests[event["test"]] = TestRecord(event["test"])
        elif kind == "statement":
            run.statements += 1
            run.drivers[event["driver"]] += 1
            entry = entry_of(event, texts[event["sql"]], root)
            if entry is not None:
                test.entries.append(entry)
        elif kind == "commit":
            _append_commit(test.entries, event)
        elif kind == "outcome":
            _note_outcome(test, event, root)
        elif kind == "coroutine":
            test.unawaited.append(Unawaited(event["name"], _site(event["at"], root)))
        elif kind == "not collected":
            run.not_collected[event["node"]] = event["reason"]
        elif kind == "collected":
            run.collected = len(event["tests"])
        elif kind == "forgiving session":
            run.forgiving = tuple(event["factories"])
        elif kind == "modules":
            run.modules = tuple(event["files"])
        elif kind == "finish":
            run.finished = True
    return run


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Give the events of a recording; the last line may be half a one."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                return


def entry_of(event: dict[str, Any], sql: str, root: Path) -> Entry | None:
    """Return a statement's entry, None where it is noise."""
    kind, detail = event["origin"]
    form = normal_form(sql, event["driver"])
    if is_noise(form.text, kind):
        return None
    text = form.text
    if kind == "flush" and text.startswith("SELECT "):
        kind = "expired"  # the flush needed it again
    if kind in {"flush", "bulk"}:
        text = text.partition(_RETURNING)[0]
    names = event["names"]
    types = event["types"]
    families = dict(zip(names or range(1, len(types) + 1), types, strict=False))
    return Entry(
        text=text,
        shape=_shape(form, families),
        rows=form.rows * event["sets"],
        kind=kind,
        detail=detail,
        session=event["session"],
        at=_site(event["at"], root),
        phase=event["phase"],
        sql=sql,
        driver=event["driver"],
        families=families,
        error=event["error"],
    )


def merged(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with rows that were written one after the other in one session as one, however they were sent."""
    found: list[Entry] = []
    last_of: dict[int, int] = {}
    for entry in entries:
        at = last_of.get(entry.session)
        if at is not None and entry.writes and found[at].text == entry.text and found[at].error is entry.error is None:
            found[at] = Entry(**{**vars_of(found[at]), "rows": found[at].rows + entry.rows})
            continue
        last_of[entry.session] = len(found)
        found.append(entry)
    return found


def vars_of(entry: Entry) -> dict[str, Any]:
    """Return the fields of an entry."""
    return {name: getattr(entry, name) for name in Entry.__dataclass_fields__}


def _append_commit(entries: list[Entry], event: dict[str, Any]) -> None:
    """Add a commit, where there was something to commit; a teardown's is its own affair."""
    session = event["session"]
    for entry in reversed(entries):
        if entry.session != session:
            continue
        if entry.kind == "commit":
            return
        if entry.writes:
            break
    else:
        return
    entries.append(Entry("COMMIT", (), 1, "commit", None, session, None, event["phase"], "COMMIT"))


def _shape(form: NormalForm, families: dict[str | int, str]) -> tuple[str, ...]:
    return tuple("number" if key == LITERAL else families.get(key, "?") for key in form.keys)


def _note_outcome(test: TestRecord, event: dict[str, Any], root: Path) -> None:
    phase, outcome = event["phase"], event["outcome"]
    if event["expected_failure"]:
        test.outcome = "xfailed" if outcome == "skipped" else "xpassed" if outcome == "passed" else "failed"
    elif outcome == "failed":
        test.outcome = "failed" if phase == "call" else "error"
    elif outcome == "skipped" or (phase == "call" and outcome == "passed"):
        test.outcome = outcome
    if outcome == "failed" and test.reason is None:
        test.reason = event["reason"]
        test.at = _site(event["at"], root)


def _site(at: list[Any] | None, root: Path) -> CallSite | None:
    if at is None:
        return None
    path = Path(at[0])
    try:
        shown = path.relative_to(root)
    except ValueError:
        try:
            shown = path.resolve().relative_to(root.resolve())
        except (ValueError, OSError):
            shown = path
    return CallSite(str(shown), int(at[1]), str(at[2]))

"""Test by test: outcome, SQL, coroutines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from greenshift.shift.verify.comparison.found import Found
from greenshift.shift.verify.comparison.loads import LOADS, compare_loads
from greenshift.shift.verify.comparison.statements import compare_statements
from greenshift.shift.verify.transcript.records import EVERYTHING, Entry, RunRecord, TestRecord, merged
from greenshift.shift.verify.verdict import Difference, Sighting

_GOOD: Final = frozenset({"passed", "xfailed"})
_NOT_SQL: Final = frozenset({"outcome", "missing test", "unawaited coroutine"})


class RunComparison:
    """Two runs, compared.

    Args:
        before: the run before.
        after: the run after.

    Attributes:
        before: the run before.
        differences: what differs.
        recognised: what differs and means the same.
        remarks: what decides nothing.
    """

    def __init__(self, before: RunRecord, after: RunRecord) -> None:
        self.before = before
        self._after = after
        self.differences: list[Difference] = []
        self.recognised: Counter[str] = Counter()
        self.remarks: list[str] = []
        self._compare()

    def _compare(self) -> None:
        taken: set[str] = set()
        for name, was in self.before.tests.items():
            now = counterpart(name, self._after.tests)
            if now is None:
                self._missing(was)
            else:
                taken.add(now.name)
                self._compare_test(was, now)
        added = [name for name in self._after.tests if name not in taken]
        if added:
            self.remarks.append(f"{_tests(len(added))} only after: {_some(added)}")
        for file in self._after.not_collected.keys() - self.before.not_collected.keys():
            self.remarks.append(f"{file} cannot be imported after: {self._after.not_collected[file]}")
        self._compare_outside()

    def _missing(self, was: TestRecord) -> None:
        file = was.name.partition("::")[0]
        unread = self._after.not_collected
        culprit = next((name for name in (file, EVERYTHING) if name in unread), None)
        message = "the test is gone" + (f": {culprit} cannot be imported: {unread[culprit]}" if culprit else "")
        if was.outcome in _GOOD:
            self.differences.append(Difference("missing test", was.name, message, Sighting(was.outcome), None))

    def _compare_test(self, was: TestRecord, now: TestRecord) -> None:
        name = was.name
        if was.outcome != now.outcome and was.outcome in _GOOD and now.outcome != "passed":
            message = f"{was.outcome} before, {now.outcome} after"
            after = Sighting(f"{now.outcome}: {now.reason}" if now.reason else now.outcome, now.at)
            self.differences.append(Difference("outcome", name, message, Sighting(was.outcome), after))
        self._compare_coroutines(was, now)
        if was.outcome == "passed" == now.outcome:
            self.compare_entries(name, was.entries, now.entries)

    def _compare_coroutines(self, was: TestRecord, now: TestRecord) -> None:
        known = {coroutine.name for coroutine in was.unawaited}
        for coroutine in now.unawaited:
            if coroutine.name not in known:
                message = f"the coroutine {coroutine.name} was never awaited"
                after = Sighting(f"{coroutine.name}()", coroutine.at)
                self.differences.append(Difference("unawaited coroutine", was.name, message, None, after))

    def compare_entries(self, name: str, before: Sequence[Entry], after: Sequence[Entry]) -> None:
        """Compare two transcripts.

        Args:
            name: the test, or the request, that they belong to.
            before: the one before.
            after: the one after.
        """
        found = compare_transcripts(name, before, after)
        self.differences += found.differences
        self.recognised += found.recognised

    @property
    def with_other_sql(self) -> list[str]:
        """The tests that pass on both sides and send other statements."""
        outcomes = {one.test for one in self.differences if one.kind in _NOT_SQL}
        return list(dict.fromkeys(one.test for one in self.differences if one.test not in outcomes))

    def excuse(self, names: Sequence[str]) -> None:
        """Take back what was found of tests that send other statements in each run.

        Args:
            names: the tests.
        """
        if names:
            self.differences = [one for one in self.differences if one.test not in names]
            verb = "sends" if len(names) == 1 else "send"
            self.remarks.append(
                f"{_tests(len(names))} {verb} other SQL in each run, and only the outcome is compared: {_some(names)}"
            )

    def _compare_outside(self) -> None:
        found = compare_transcripts("", self.before.outside.entries, self._after.outside.entries)
        if found.differences:
            count = len(found.differences)
            self.remarks.append(
                f"SQL outside of tests, at import or at the end of the run, differs: {count} statements"
            )
        self._compare_coroutines(self.before.outside, self._after.outside)


def compare_transcripts(name: str, before: Sequence[Entry], after: Sequence[Entry]) -> Found:
    """Compare what was sent before and after.

    Args:
        name: the test, or the request, that both belong to.
        before: the transcript before.
        after: the transcript after.
    """
    found = Found(name)
    if [entry.key for entry in before] == [entry.key for entry in after]:
        return found
    found.deferred = {str(entry.detail).partition(".")[0] for entry in before if entry.kind == "deferred"}
    compare_statements(_own(before), _own(after), found)
    compare_loads(before, after, found)
    return found


def counterpart(name: str, tests: dict[str, TestRecord]) -> TestRecord | None:
    """Return the same test of the other run; one that anyio runs has its backend among its parameters."""
    found = tests.get(name)
    if found is not None:
        return found
    bare, bracket, parameters = name.partition("[")
    forms = [f"{bare}[asyncio]", f"{bare}[anyio-asyncio]"]
    if bracket:
        forms = [f"{bare}[asyncio-{parameters}", f"{bare}[{parameters.removesuffix(']')}-asyncio]"]
    return next((tests[form] for form in forms if form in tests), None)


def _own(entries: Sequence[Entry]) -> list[Entry]:
    return merged(_flushes_sorted([entry for entry in entries if entry.kind not in LOADS]))


def _flushes_sorted(entries: Sequence[Entry]) -> list[Entry]:
    """Return entries with those of each flush sorted: SQLAlchemy orders tables by what else the session holds."""
    found = list(entries)
    open_flushes: dict[int, list[int]] = {}
    for at, entry in enumerate(entries):
        flush = open_flushes.setdefault(entry.session, [])
        if flush and (entry.kind != "flush" or entry.at != entries[flush[-1]].at):
            _sort(found, flush)
            flush.clear()
        if entry.kind == "flush" and entry.error is None:
            flush.append(at)
    for flush in open_flushes.values():
        _sort(found, flush)
    return found


def _sort(entries: list[Entry], places: Sequence[int]) -> None:
    # By place: the order of the rows of one table stays.
    for place, entry in zip(places, sorted((entries[at] for at in places), key=lambda one: one.text), strict=True):
        entries[place] = entry


def _tests(count: int) -> str:
    return f"{count} test{'' if count == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

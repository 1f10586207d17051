"""Loads of attributes: lazy ones before, eager ones after, and what an expired attribute needed before."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from greenshift.shift.project.loading import is_test_file
from greenshift.shift.verify.comparison.found import AGAIN, AHEAD, EAGER, EAGER_ADDED, KEPT, REFRESHED, Found
from greenshift.shift.verify.comparison.statements import report_change
from greenshift.shift.verify.transcript.records import Entry

LOADS: Final = frozenset(
    {"lazy load", "eager load", "explicit load", "expired", "refresh", "deferred", "get", "by key"}
)
_AHEAD: Final = ("eager load", "explicit load")
_BY_KEY: Final = ("get", "by key")
_FROM: Final = re.compile(r' FROM (?:\( )*"?([^\s"]+)')


class Side:
    """The transcript of one side.

    Args:
        entries: all of it.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.selects = [entry for entry in entries if entry.eager_tables]
        self.joined = frozenset(table for entry in self.selects for table in entry.eager_tables)
        self.commits = any(entry.kind == "commit" for entry in entries)
        self.by_kind: dict[str, dict[str, list[Entry]]] = {kind: {} for kind in LOADS}
        for entry in entries:
            if entry.kind in LOADS:
                self.by_kind[entry.kind].setdefault(entry.detail or "", []).append(entry)
        self.loaded = {
            table_of(entry) for kind in _AHEAD for several in self.by_kind[kind].values() for entry in several
        }

    def loads(self, kind: str, detail: str) -> list[Entry]:
        """Return its loads of one kind and attribute."""
        return self.by_kind[kind].get(detail, [])

    def count(self, kind: str) -> int:
        """Return how many loads of one kind it has."""
        return sum(map(len, self.by_kind[kind].values()))

    def loads_eagerly(self, detail: str, like: Sequence[Entry]) -> bool:
        """Return whether it loads an attribute ahead: by statements of their own, or by a join to its table."""
        if any(self.loads(kind, detail) for kind in _AHEAD):
            return True
        return any(table_of(entry) in self.joined for entry in like)


def compare_loads(before: Sequence[Entry], after: Sequence[Entry], found: Found) -> None:
    """Compare the loads of two transcripts: whatever was read before must be there after.

    Args:
        before: the transcript before.
        after: the transcript after.
        found: takes the differences, and the names of those that mean the same.
    """
    one, other = Side(before), Side(after)
    _compare_by_key(one, other, found)
    _compare_lazy(one, other, found)
    _compare_eager(one, other, found)
    _compare_reloads(one, other, found)


def table_of(entry: Entry) -> str:
    """Return the first table of a SELECT."""
    match = _FROM.search(entry.text)
    return match.group(1) if match else ""


def _details(*loads: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(detail for several in loads for detail in several))


def _is_by_tests(entry: Entry) -> bool:
    return entry.at is not None and is_test_file(entry.at.file)


def _compare_by_key(before: Side, after: Side, found: Found) -> None:
    """Whether ``get()`` sends a statement depends on what the session holds."""
    for detail in _details(*(side.by_kind[kind] for side in (before, after) for kind in _BY_KEY)):
        was, now = ([one for kind in _BY_KEY for one in side.loads(kind, detail)] for side in (before, after))
        known = {entry.plain_key for entry in was}
        other = next((entry for entry in now if was and entry.plain_key not in known), None)
        if other is not None and detail in found.deferred and other.selects_more_than(was[0]):
            found.widened.add(detail)
        elif other is not None:
            report_change(was[0], other, found)
        elif len(now) > len(was):
            found.recognised[AGAIN] += len(now) - len(was)
        elif len(now) < len(was):
            is_held = before.commits or table_of(was[0]) in after.joined | after.loaded
            if is_held and len(before.loads("by key", detail)) <= len(now):
                found.recognised[KEPT if before.commits else EAGER] += len(was) - len(now)
            else:
                message = f"{detail} is loaded by its key {len(now)} times in place of {len(was)}"
                found.differs("missing statement", message, was[-1], now[-1] if now else None)


def _compare_lazy(before: Side, after: Side, found: Found) -> None:
    for kind in ("lazy load", "deferred"):
        for detail in _details(before.by_kind[kind], after.by_kind[kind]):
            was, now = before.loads(kind, detail), after.loads(kind, detail)
            own = [entry for entry in now if not _is_by_tests(entry)]
            is_lost = before.loads_eagerly(detail, now) and not after.loads_eagerly(detail, now)
            if len(now) > len(was) >= len(own) and not is_lost:
                found.recognised[AHEAD] += len(now) - len(was)
            elif len(now) > len(was):
                message = f"{kind} of {detail}: {len(now)} in place of {len(was)}"
                found.differs("extra statement", message, was[0] if was else None, now[-1])
            elif len(now) < len(was):
                if after.loads_eagerly(detail, was) or (
                    kind == "deferred" and detail.partition(".")[0] in found.widened
                ):
                    found.recognised[EAGER] += len(was) - len(now)
                elif before.commits:
                    # Kept in memory where a commit made it expire before.
                    found.recognised[KEPT] += len(was) - len(now)
                else:
                    message = f"{kind} of {detail}: {len(now)} in place of {len(was)}, and nothing loads it eagerly"
                    found.differs("missing statement", message, was[-1], now[-1] if now else None)
            elif Counter(entry.text for entry in was) != Counter(entry.text for entry in now):
                found.differs("changed statement", f"{kind} of {detail} with another statement", was[0], now[0])


def _compare_eager(before: Side, after: Side, found: Found) -> None:
    for detail in _details(*(side.by_kind[kind] for side in (before, after) for kind in _AHEAD)):
        was, now = ([one for kind in _AHEAD for one in side.loads(kind, detail)] for side in (before, after))
        if (
            was
            and not after.loads("eager load", detail)
            and len(now) > max(len(was), len(before.loads("lazy load", detail)))
        ):
            message = f"{detail} is loaded {len(now)} times in place of {len(was)}"
            found.differs("extra statement", message, was[0], now[-1])
        elif was and not now and not after.loads_eagerly(detail, was) and not after.loads("lazy load", detail):
            found.differs("missing statement", f"eager load of {detail} is no longer sent", was[0], None)
        elif now and not was and not before.loads("lazy load", detail):
            found.recognised[EAGER_ADDED] += 1
    lost = before.joined - after.joined
    for table in sorted(lost - after.loaded):
        entry = next(one for one in before.selects if table in one.eager_tables)
        found.differs("missing statement", f"the eager join of {table} is gone", entry, None)


def _compare_reloads(before: Side, after: Side, found: Found) -> None:
    was, now = before.count("expired"), after.count("expired")
    refreshed = after.count("refresh") - before.count("refresh")
    if now > was:
        last = [entry for several in after.by_kind["expired"].values() for entry in several][-1]
        found.differs("extra statement", f"{now} reloads of expired attributes in place of {was}", None, last)
    if refreshed > 0:
        # A refresh that nothing asked for before costs a statement and changes no result.
        found.recognised[REFRESHED] += refreshed
        was -= min(refreshed, max(was - now, 0))
    elif refreshed < 0:
        gone = [entry for several in before.by_kind["refresh"].values() for entry in several][-1]
        found.differs("missing statement", f"{-refreshed} refreshes are no longer sent", gone, None)
    if was > now:
        found.recognised[KEPT] += was - now

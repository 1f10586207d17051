"""Applies the edits of findings to texts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from greenshift.report.findings import Edit, Finding, Place


@dataclass(frozen=True, slots=True)
class Fixed:
    """What became of texts.

    Attributes:
        texts: path to text, of the files that changed.
        applied: the findings whose edits were made.
        left: the findings with edits that overlap others', for the next run, or whose file was not given.
    """

    texts: Mapping[str, str]
    applied: tuple[Finding, ...]
    left: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, order=True)
class _Change:
    """An edit in offsets of characters."""

    start: int
    end: int
    new: str

    @property
    def is_removal(self) -> bool:
        return not self.new and self.end > self.start


def apply_edits(findings: Iterable[Finding], texts: Mapping[str, str]) -> Fixed:
    """Apply the edits of findings, all of a finding's or none.

    Of two findings whose edits overlap, the one that comes first is applied. Removals that overlap or touch are one
    removal of all that they cover, so that several arguments of one call can go at once; edits that are the same are
    made once.

    Args:
        findings: the findings, in the order in which they matter.
        texts: path to text, with ``\\n`` line ends as places count them.
    """
    made: dict[str, list[_Change]] = {}
    applied: list[Finding] = []
    left: list[Finding] = []
    starts = {path: _line_starts(text) for path, text in texts.items()}
    for finding in findings:
        if not finding.edits:
            continue
        changes = _changes(finding.edits, starts, texts)
        if changes is None or any(_overlaps(change, made.get(path, [])) for path, change in changes):
            left.append(finding)
            continue
        applied.append(finding)
        for path, change in changes:
            if change not in made.setdefault(path, []):
                made[path].append(change)
    changed = {path: _applied(texts[path], changes) for path, changes in made.items()}
    return Fixed({path: text for path, text in changed.items() if text != texts[path]}, tuple(applied), tuple(left))


def _changes(
    edits: Iterable[Edit], starts: Mapping[str, list[int]], texts: Mapping[str, str]
) -> list[tuple[str, _Change]] | None:
    """Return edits as offsets; None if one is in no text that is known, or two of them overlap."""
    found: list[tuple[str, _Change]] = []
    for edit in edits:
        path = edit.place.file
        span = _span(edit.place, starts[path], len(texts[path])) if path in starts else None
        if span is None:
            return None
        change = _Change(*span, edit.new)
        if _overlaps(change, [other for there, other in found if there == path]):
            return None
        if (path, change) not in found:
            found.append((path, change))
    return found


def _overlaps(change: _Change, others: Iterable[_Change]) -> bool:
    return any(_collide(change, other) for other in others)


def _collide(one: _Change, other: _Change) -> bool:
    if one == other or (one.is_removal and other.is_removal):
        return False
    if one.start == one.end and other.start == other.end:
        # Two insertions at one place: which comes first is not known.
        return one.start == other.start
    # An insertion at the border of a removal would be left without its comma, or with two.
    if one.is_removal or other.is_removal:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def _applied(text: str, changes: list[_Change]) -> str:
    pieces: list[str] = []
    end = 0
    for change in _joined(text, changes):
        pieces += [text[end : change.start], change.new]
        end = change.end
    return "".join([*pieces, text[end:]])


def _joined(text: str, changes: list[_Change]) -> list[_Change]:
    """Return changes in order, removals that overlap or touch made one."""
    joined: list[_Change] = []
    for change in sorted(changes):
        before = joined[-1] if joined else None
        if before is not None and before.is_removal and change.is_removal and change.start <= before.end:
            joined[-1] = _without_stray_comma(text, before.start, max(before.end, change.end))
        else:
            joined.append(change)
    return joined


def _without_stray_comma(text: str, start: int, end: int) -> _Change:
    """Return the removal of neighbours, with the comma that stood between them and the rest.

    Each of them was to go with one comma; of ``f(a=1, b=2, c=3)`` without ``a=1, `` and ``, b=2`` a comma is left.
    """
    before, after = text[:start].rstrip(), text[end:].lstrip()
    if after.startswith(",") and before.endswith(("(", ",", "{", "[")):
        end = len(text) - len(after[1:].lstrip())
    elif text[end:].startswith((")", "}", "]")) and text[:start].rstrip(" ").endswith(","):
        start = len(text[:start].rstrip(" ")) - 1
    return _Change(start, end, "")


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    # The last one is behind the end of the text.
    return starts[:-1]


def _span(place: Place, starts: list[int], length: int) -> tuple[int, int] | None:
    if not 1 <= place.line <= place.end_line <= len(starts):
        return None
    start = starts[place.line - 1] + place.column - 1
    end = starts[place.end_line - 1] + place.end_column - 1
    inside = bisect_right(starts, start) == place.line and bisect_right(starts, end) == place.end_line
    return (start, end) if inside and start <= end <= length else None

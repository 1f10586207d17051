"""The statements that the application itself asked for: the same ones, in the same order within a session."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from greenshift.shift.verify.comparison.found import Found
from greenshift.shift.verify.transcript.records import Entry

Keys = tuple[tuple[object, ...], ...]
_ALIKE = 0.3


def compare_statements(before: Sequence[Entry], after: Sequence[Entry], found: Found) -> None:
    """Compare what is left of two transcripts once the loads of attributes are taken out.

    Args:
        before: the entries before, in the order in which they ended.
        after: the entries after.
        found: takes the differences.
    """
    if _keys(before) == _keys(after):
        return
    missing: list[Entry] = []
    extra: list[Entry] = []
    for one, other in _pairs(_by_session(before), _by_session(after)):
        _compare_sequences(one, other, found, missing, extra)
    _report_left(missing, extra, found)


def _keys(entries: Sequence[Entry]) -> Keys:
    return tuple(entry.plain_key for entry in entries)


def _by_session(entries: Sequence[Entry]) -> list[list[Entry]]:
    sessions: dict[int, list[Entry]] = {}
    for entry in entries:
        sessions.setdefault(entry.session, []).append(entry)
    return list(sessions.values())


def _pairs(before: list[list[Entry]], after: list[list[Entry]]) -> list[tuple[list[Entry], list[Entry]]]:
    """Return each session with the one that is like it: equal ones first, then by likeness, in their order."""
    left = list(after)
    pairs: list[tuple[list[Entry], list[Entry]]] = []
    unequal: list[list[Entry]] = []
    for session in before:
        keys = _keys(session)
        equal = next((other for other in left if _keys(other) == keys), None)
        if equal is None:
            unequal.append(session)
        else:
            # By identity: two sessions may have equal entries.
            left = [other for other in left if other is not equal]
    for session in unequal:
        likely = max(left, key=lambda other: _likeness(session, other), default=None)
        if likely is None or _likeness(session, likely) < _ALIKE:
            pairs.append((session, []))
        else:
            left = [other for other in left if other is not likely]
            pairs.append((session, likely))
    return [*pairs, *(([], other) for other in left)]


def _likeness(one: Sequence[Entry], other: Sequence[Entry]) -> float:
    subjects, others = ([_subject(entry) for entry in entries] for entries in (one, other))
    return SequenceMatcher(None, subjects, others, autojunk=False).ratio()


def _subject(entry: Entry) -> tuple[str, str]:
    return entry.text.partition(" ")[0], entry.detail or entry.kind


def _compare_sequences(
    before: Sequence[Entry], after: Sequence[Entry], found: Found, missing: list[Entry], extra: list[Entry]
) -> None:
    matcher = SequenceMatcher(None, _keys(before), _keys(after), autojunk=False)
    for operation, start, end, other_start, other_end in matcher.get_opcodes():
        if operation == "equal":
            continue
        gone, come = list(before[start:end]), list(after[other_start:other_end])
        for one, other in _changed(gone, come):
            report_change(one, other, found)
            gone = [entry for entry in gone if entry is not one]
            come = [entry for entry in come if entry is not other]
        missing += gone
        extra += come


def _changed(gone: Sequence[Entry], come: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Return the pairs at one place of two sequences that are the same statement in two versions."""
    pairs: list[tuple[Entry, Entry]] = []
    left = list(come)
    later = {entry.plain_key for entry in gone} & {entry.plain_key for entry in come}
    for one in gone:
        if one.plain_key in later:
            continue
        same = next((other for other in left if other.plain_key not in later and _same_subject(one, other)), None)
        if same is not None:
            pairs.append((one, same))
            left = left[left.index(same) + 1 :]
    return pairs


def _same_subject(one: Entry, other: Entry) -> bool:
    return _subject(one) == _subject(other)


def report_change(one: Entry, other: Entry, found: Found) -> None:
    """Note in what two versions of one statement differ.

    Args:
        one: the statement before.
        other: the statement after.
        found: takes the difference.
    """
    text, other_text = one.plain_key[0], other.plain_key[0]
    if one.detail in found.deferred and one.kind == other.kind == "select" and other.selects_more_than(one):
        found.widened.add(str(one.detail))
    elif text != other_text:
        found.differs("changed statement", "another statement is sent", one, other)
    elif (one.error is None) != (other.error is None):
        which = "after" if one.error is None else "before"
        found.differs("changed statement", f"the statement fails {which}, but not on the other side", one, other)
    elif one.plain_key[1] != other.plain_key[1]:
        message = f"its parameters were ({_listed(one.plain_key[1])}), they are ({_listed(other.plain_key[1])})"
        found.differs("changed parameters", message, one, other)
    else:
        found.differs("changed parameters", f"{one.rows} rows were written, now {other.rows}", one, other)


def _listed(shape: object) -> str:
    return ", ".join(shape) if isinstance(shape, tuple) else str(shape)


def _report_left(missing: list[Entry], extra: list[Entry], found: Found) -> None:
    """A statement that is missing in one place and too many in another has moved."""
    for one in missing:
        moved = next((other for other in extra if other.plain_key == one.plain_key), None)
        if moved is None:
            message = "a commit is missing" if one.kind == "commit" else "a statement is no longer sent"
            found.differs("missing statement", message, one, None)
        else:
            extra = [other for other in extra if other is not moved]
            found.differs("changed order", "the statement is sent at another place", one, moved)
    for other in extra:
        message = "there is a commit more" if other.kind == "commit" else "a statement more is sent"
        found.differs("extra statement", message, None, other)

"""Requirements as a table of TOML, a name a key: Poetry's groups and the parts of a Pipfile."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from packaging.utils import canonicalize_name

from greenshift.shift.settings.facts import Edited, SettingsFacts
from greenshift.shift.settings.plan import Wanted, plan
from greenshift.shift.settings.requirement import Requirement
from greenshift.shift.settings.toml_spans import Span, TomlText

_CARET: Final = re.compile(r"\^\s*(\d+(?:\.\d+)*)\S*")
_TILDE: Final = re.compile(r"~\s*(\d+(?:\.\d+)*)\S*")
_EXACT: Final = re.compile(r"v?(\d+(?:\.\d+)*)(\.\*)?")


@dataclass(frozen=True)
class _Entry:
    requirement: Requirement
    spans: tuple[Span, ...]
    simple: bool


def changed_tables(
    text: str,
    facts: SettingsFacts,
    tables: tuple[tuple[str, ...], ...],
    *,
    poetry: bool,
    elsewhere: Iterable[str] = (),
) -> Edited:
    """Return a TOML file in whose tables of requirements the shifted application's stand.

    Args:
        text: what it holds.
        facts: what is known of the application.
        tables: the keys of the tables; a star stands for any key. The first is the application's own.
        poetry: whether versions are written in Poetry's way.
        elsewhere: the names that the application asks for in another place.
    """
    notes: list[tuple[int | None, str]] = []
    given = set(elsewhere)
    for table in _present(TomlText(text), tables):
        toml = TomlText(text)
        entries = _entries(toml, table, poetry)
        wish = plan([one.requirement for one in entries], facts, elsewhere=given)
        notes += [(toml.line(entries[index].spans[0].start), said) for index, said in wish.notes]
        changes: list[tuple[int, int, str]] = []
        for index, entry in enumerate(entries):
            extra, specifier = wish.extras.get(index), wish.specifiers.get(index)
            if extra is not None or specifier is not None:
                changes += _entry_changes(toml, entry, extra, specifier)
        for index in {at for at, _ in wish.added}:
            changes.append(_addition(toml, table, entries[index], [one for at, one in wish.added if at == index]))
        for start, end, new in sorted(changes, reverse=True):
            text = text[:start] + new + text[end:]
        if table == tables[0]:
            given |= {one.requirement.name for one in entries} | {one.name for _, one in wish.added}
    return Edited(text, tuple(notes))


def specifier_of(version: str, *, poetry: bool) -> str | None:
    """Return a version of Poetry's or Pipenv's as PEP 440 writes it.

    Args:
        version: as the file has it.
        poetry: whether it is one of Poetry's.

    Returns:
        None where it cannot be told.
    """
    version = version.strip()
    if version in ("", "*"):
        return ""
    if "|" in version:
        return None
    parts = []
    for part in version.split(","):
        bare = part.strip()
        if poetry and (found := _CARET.fullmatch(bare)) is not None:
            parts.append(f">={found[1]},<{_next(found[1])}")
        elif poetry and (found := _TILDE.fullmatch(bare)) is not None:
            numbers = found[1].split(".")
            upper = [int(numbers[0]) + 1] if len(numbers) == 1 else [int(numbers[0]), int(numbers[1]) + 1]
            parts.append(f">={found[1]},<{'.'.join(map(str, upper))}")
        elif _EXACT.fullmatch(bare) is not None:
            parts.append(f"=={bare.removeprefix('v')}")
        elif bare.startswith((">", "<", "=", "!", "~=")):
            parts.append(bare)
        else:
            return None
    return ",".join(parts)


def _next(version: str) -> str:
    numbers = [int(one) for one in version.split(".")]
    for index, number in enumerate(numbers):
        if number or index == len(numbers) - 1:
            return ".".join(map(str, [*numbers[:index], number + 1]))
    return "1"


def _present(toml: TomlText, patterns: tuple[tuple[str, ...], ...]) -> list[tuple[str, ...]]:
    found: dict[tuple[str, ...], None] = {}
    for pattern in patterns:
        for span in toml.spans:
            table = span.path[: len(pattern)]
            fits = len(span.path) > len(pattern) and all(
                want in ("*", have) for have, want in zip(table, pattern, strict=True)
            )
            if fits:
                found[table] = None
    return list(found)


def _entries(toml: TomlText, table: tuple[str, ...], poetry: bool) -> list[_Entry]:
    groups: dict[str, list[Span]] = {}
    for span in toml.below(*table):
        groups.setdefault(span.path[len(table)], []).append(span)
    entries = []
    for name, spans in groups.items():
        depth = len(table) + 1
        simple = len(spans) == 1 and len(spans[0].path) == depth
        value: Any = toml.value(spans[0]) if simple else {one.path[depth]: toml.value(one) for one in spans}
        version: str | None = None
        extras: list[str] = []
        if isinstance(value, str):
            version = value
        elif isinstance(value, dict):
            version = value.get("version") if isinstance(value.get("version"), str) else None
            extras = [str(one).lower() for one in value.get("extras", [])]
        specifier = None if version is None else specifier_of(version, poetry=poetry)
        requirement = Requirement(canonicalize_name(name), frozenset(extras), specifier)
        entries.append(_Entry(requirement, tuple(spans), simple))
    return entries


def _entry_changes(
    toml: TomlText, entry: _Entry, extra: str | None, specifier: str | None
) -> list[tuple[int, int, str]]:
    span = entry.spans[0]
    if entry.simple and toml.text[span.start] in "\"'":
        quote = toml.text[span.start]
        version = specifier or str(toml.value(span))
        value = f"{quote}{version}{quote}"
        if extra is not None:
            value = f"{{version = {value}, extras = [{quote}{extra}{quote}]}}"
        return [(span.start, span.end, value)]
    if entry.simple and toml.text[span.start] != "{":
        # A list of alternatives: what is meant by an extra there only a person can say.
        return []
    members = toml.members(span) if entry.simple else list(entry.spans)
    by_key = {one.path[-1]: one for one in members}
    changes = []
    if specifier is not None and "version" in by_key:
        version_span = by_key["version"]
        changes.append((version_span.start, version_span.end, f'"{specifier}"'))
    if extra is not None and "extras" in by_key:
        end = by_key["extras"].end - 1
        filled = bool(toml.elements(by_key["extras"]))
        changes.append((end, end, f', "{extra}"' if filled else f'"{extra}"'))
    elif extra is not None:
        last = members[-1]
        new = (
            f', extras = ["{extra}"]'
            if entry.simple
            else f'{toml.newline}{_key_before(toml, last)}extras = ["{extra}"]'
        )
        at = last.end if entry.simple else toml.line_end(last.end)
        changes.append((at, at, new))
    return changes


def _key_before(toml: TomlText, span: Span) -> str:
    """What stands before the last key of a value's line: white space, and the keys of a dotted one."""
    begin = toml.text.rfind("\n", 0, span.start) + 1
    head = toml.text[begin : span.start]
    return head[: head.rfind(span.path[-1])]


def _value(one: Wanted) -> str:
    version = f'"{one.specifier}"'
    return version if one.extra is None else f'{{version = {version}, extras = ["{one.extra}"]}}'


def _addition(toml: TomlText, table: tuple[str, ...], near: _Entry, new: list[Wanted]) -> tuple[int, int, str]:
    lines = [f"{one.name} = {_value(one)}" for one in new]
    own = [one for one in toml.below(*table) if one.table == len(table)]
    if near.spans[-1] in own or not toml.headers.keys() & {table}:
        at = toml.line_end(near.spans[-1].end)
    else:
        # The other entry is a table of its own; ours goes to the end of the one that holds them all.
        at = toml.line_end(own[-1].end if own else toml.headers[table])
    return at, at, "".join(f"{toml.newline}{line}" for line in lines)

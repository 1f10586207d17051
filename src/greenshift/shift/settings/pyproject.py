"""Requirements in ``pyproject.toml``: PEP 621, dependency groups, and those of Poetry, uv, PDM and Hatch."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from greenshift.shift.settings.dependency_table import changed_tables
from greenshift.shift.settings.facts import Edited, SettingsFacts
from greenshift.shift.settings.plan import Plan, lists_sqlalchemy, plan
from greenshift.shift.settings.requirement import Requirement, parsed, with_extra, with_specifier
from greenshift.shift.settings.toml_spans import Span, TomlError, TomlText

# A star stands for any key: a group's or an environment's name.
_LISTS: Final = (
    ("project", "dependencies"),
    ("project", "optional-dependencies", "*"),
    ("dependency-groups", "*"),
    ("tool", "uv", "dev-dependencies"),
    ("tool", "pdm", "dev-dependencies", "*"),
    ("tool", "hatch", "envs", "*", "dependencies"),
    ("tool", "hatch", "envs", "*", "extra-dependencies"),
)
_POETRY: Final = (
    ("tool", "poetry", "dependencies"),
    ("tool", "poetry", "dev-dependencies"),
    ("tool", "poetry", "group", "*", "dependencies"),
)


def changed_pyproject(text: str, facts: SettingsFacts) -> Edited:
    """Return a ``pyproject.toml`` with the requirements of the shifted application.

    Args:
        text: what it holds.
        facts: what is known of the application.
    """
    try:
        TomlText(text)
        elsewhere: set[str] = set()
        changed, notes = _changed_lists(text, facts, elsewhere)
        edited = changed_tables(changed, facts, _POETRY, poetry=True, elsewhere=elsewhere)
        # Whatever was written must still be TOML; if not, it is better left.
        tomllib.loads(edited.text)
    except (TomlError, tomllib.TOMLDecodeError) as error:
        return Edited(text, ((None, f"it is no TOML ({error}); nothing was changed"),))
    return Edited(edited.text, (*notes, *edited.notes))


def pyproject_requirements(text: str) -> list[list[Requirement | None]]:
    """Return the lists of requirements of a ``pyproject.toml``; none where it is no TOML.

    Args:
        text: what it holds.
    """
    try:
        toml = TomlText(text)
    except TomlError:
        return []
    lists = [[_requirement(toml, one) for one in toml.elements(span)] for span in _found(toml)]
    tables: list[list[Requirement | None]] = []
    for path in _POETRY:
        for names in _tables(toml.data, path):
            tables.append([parsed(name) for name in names])
    return [*lists, *tables]


def _changed_lists(text: str, facts: SettingsFacts, elsewhere: set[str]) -> tuple[str, list[tuple[int | None, str]]]:
    """Return the text, and notes; ``elsewhere`` is given the names that the application asks for itself."""
    notes: list[tuple[int | None, str]] = []
    for number in range(len(_found(TomlText(text)))):
        toml = TomlText(text)
        span = _found(toml)[number]
        elements = toml.elements(span)
        entries = [_requirement(toml, one) for one in elements]
        wish = plan(entries, facts, elsewhere=elsewhere)
        notes += [(toml.line(elements[index].start), said) for index, said in wish.notes]
        text = _applied(toml, elements, wish)
        # What the application asks for, whoever installs an extra or a group of it gets as well.
        if span.path == ("project", "dependencies") or lists_sqlalchemy(entries):
            elsewhere |= {one.name for one in entries if one is not None} | {one.name for _, one in wish.added}
    return text, notes


def _found(toml: TomlText) -> list[Span]:
    spans = [one for path in _LISTS for one in toml.spans if _fits(one.path, path)]
    return [one for one in spans if toml.text[one.start] == "["]


def _fits(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    return len(path) == len(pattern) and all(want in ("*", have) for have, want in zip(path, pattern, strict=True))


def _requirement(toml: TomlText, span: Span) -> Requirement | None:
    value = toml.value(span)
    return parsed(value) if isinstance(value, str) else None


def _applied(toml: TomlText, elements: list[Span], wish: Plan) -> str:
    text = toml.text
    for index in reversed(range(len(elements))):
        one = elements[index]
        added = [wanted for at, wanted in wish.added if at == index]
        quote = text[one.start]
        if added:
            new = [f"{quote}{wanted.requirement}{quote}" for wanted in added]
            text = _inserted(toml, text, elements, index, new)
        inside = text[one.start + 1 : one.end - 1]
        if index in wish.specifiers:
            inside = with_specifier(inside, wish.specifiers[index])
        if index in wish.extras:
            inside = with_extra(inside, wish.extras[index])
        text = f"{text[: one.start + 1]}{inside}{text[one.end - 1 :]}"
    return text


def _inserted(toml: TomlText, text: str, elements: list[Span], index: int, new: list[str]) -> str:
    """Insert elements after one, each on a line of its own where the array is written so."""
    one = elements[index]
    begin = text.rfind("\n", 0, one.start) + 1
    alone = not text[begin : one.start].strip()
    following = text[one.end : toml.line_end(one.end)]
    match = re.fullmatch(r"\s*(,?)\s*(#.*)?", following)
    if not alone or match is None:
        return text[: one.end] + "".join(f", {each}" for each in new) + text[one.end :]
    lines = [f"{toml.newline}{text[begin : one.start]}{each}" for each in new]
    end = toml.line_end(one.end)
    if match[1]:
        return text[:end] + "".join(f"{line}," for line in lines) + text[end:]
    # The last element without a comma: it gets one, and the new last one none.
    return text[: one.end] + "," + text[one.end : end] + ",".join(lines) + text[end:]


def _tables(data: Any, path: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not isinstance(data, dict):
        return
    if not path:
        yield data
        return
    for key in data if path[0] == "*" else (path[0],):
        if key in data:
            yield from _tables(data[key], path[1:])

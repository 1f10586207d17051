"""Values put together: branches, concatenations, dicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Option, Value
from greenshift.check.static.objects import DictObject

# More branches than that are nobody's configuration.
_MOST_OPTIONS: Final = 12


def unknown(why: str) -> Value:
    """Return a value of which nothing is known.

    Args:
        why: the reason, such as ``assigned in a loop``.
    """
    return Value(unknown=why)


def union(values: Iterable[Value]) -> Value:
    """Return what is one of several values.

    Args:
        values: the values; none of them makes an unknown.
    """
    options: list[Option] = []
    seen: list[tuple[type, Any, str | None]] = []
    reasons: list[str] = []
    count = 0
    for value in values:
        count += 1
        if value.unknown:
            reasons.append(value.unknown)
        for option in value.options:
            key = (type(option.value), option.value, option.variable)
            if key not in seen:
                seen.append(key)
                options.append(option)
    if len(options) > _MOST_OPTIONS:
        return unknown("it can be too many things")
    if not count:
        return unknown("nothing is assigned")
    return Value(tuple(options), reasons[0] if reasons else "")


def mapped(value: Value, change: Callable[[Any], Any]) -> Value:
    """Return a value with each option changed; an option for which ``change`` returns a ``Value`` becomes that.

    Args:
        value: the value.
        change: from an option's value to the new one, or to a ``Value``.
    """
    parts = [Value(unknown=value.unknown)] if value.unknown else []
    for option in value.options:
        new = change(option.value)
        if isinstance(new, Value):
            parts.append(with_variable(new, option.variable))
        else:
            parts.append(Value((Option(new, option.place, option.variable),)))
    return union(parts)


def with_variable(value: Value, variable: str | None) -> Value:
    """Return a value whose options a variable of the environment replaces.

    Args:
        value: the value.
        variable: the variable's name; None changes nothing.
    """
    if variable is None:
        return value
    return Value(
        tuple(Option(option.value, option.place, option.variable or variable) for option in value.options),
        value.unknown,
    )


def used(value: Value) -> Value:
    """Return a value as it is used: ``engine = None`` until a function makes it is what the function makes.

    Args:
        value: the value.
    """
    kept = tuple(option for option in value.options if option.value is not None)
    if not kept or len(kept) == len(value.options):
        return value
    variable = next((option.variable for option in value.options if option.value is None and option.variable), None)
    return Value(kept, value.unknown or (f"the variable {variable} says it" if variable else ""))


def without_defaults(value: Value) -> Value:
    """Return a value without what variables of the environment replace: code that runs only if they do so.

    Args:
        value: the value.
    """
    kept = tuple(option for option in value.options if option.variable is None)
    if len(kept) == len(value.options):
        return value
    return Value(kept, value.unknown or "it comes here only if the environment says something else")


def truth(value: Any) -> bool | None:
    """Return whether an option counts as true; None if that is not known."""
    if value is None or isinstance(value, bool | int | float | str | bytes | tuple):
        return bool(value)
    if isinstance(value, DictObject):
        return True if any(not entry.unknown for entry in value.entries.values()) else (None if value.open else False)
    if isinstance(value, Text):
        return True if any(value.pieces) else None
    return True


def surely(value: Value) -> bool | None:
    """Return whether a value counts as true whatever the environment says; None if that is not sure."""
    if value.unknown or not value.options or any(option.variable for option in value.options):
        return None
    answers = {truth(option.value) for option in value.options}
    return answers.pop() if len(answers) == 1 else None


def by_default(value: Value) -> bool | None:
    """Return whether a value counts as true as the program is written; None if that is not sure."""
    if value.unknown or not value.options:
        return None
    answers = {truth(option.value) for option in value.options}
    return answers.pop() if len(answers) == 1 else None


def joined(parts: Sequence[Value]) -> Value:
    """Return texts put behind each other.

    A part behind the scheme of a URL that the environment replaces is not known; in the scheme, the default counts.

    Args:
        parts: what is put together; what is no text is written as ``str`` does.
    """
    alternatives: list[list[tuple[tuple[str | None, ...], str | None]]] = []
    behind_scheme = False
    for part in parts:
        choices: list[tuple[tuple[str | None, ...], str | None]] = []
        for option in part.options:
            # A variable that has no default: ``f"{os.getenv('NAME')}"``.
            # Nor is ``None`` what is meant where it is one of several things.
            is_missing = option.value is None and (option.variable or part.unknown or len(part.options) > 1)
            pieces = (None,) if is_missing else _pieces(option.value)
            if option.variable is not None and behind_scheme:
                choices.append(((None,), None))
            else:
                choices.append((pieces, option.variable))
        if part.unknown or not choices:
            choices.append(((None,), None))
        alternatives.append(list(dict.fromkeys(choices)))
        behind_scheme = behind_scheme or all("://" in "".join(filter(None, pieces)) for pieces, _ in choices)
    combinations = list(itertools.islice(itertools.product(*alternatives), _MOST_OPTIONS + 1))
    if len(combinations) > _MOST_OPTIONS:
        alternatives = [choices if len(choices) == 1 else [((None,), None)] for choices in alternatives]
        combinations = list(itertools.product(*alternatives))
    place = next((part.place for part in parts if part.place is not None), None)
    return union(
        Value(
            (
                Option(
                    text_of([piece for pieces, _ in combination for piece in pieces]),
                    place,
                    next((variable for _, variable in combination if variable), None),
                ),
            )
        )
        for combination in combinations
    )


def text_of(pieces: Iterable[str | None]) -> str | Text:
    """Return pieces of a text as a ``str`` if all are known, else as a ``Text`` without empty or split pieces.

    Args:
        pieces: known texts, and None for what is not known.
    """
    packed: list[str | None] = []
    for piece in pieces:
        if piece is None:
            if not packed or packed[-1] is not None:
                packed.append(None)
        elif piece:
            if packed and packed[-1] is not None:
                packed[-1] += piece
            else:
                packed.append(piece)
    if None not in packed:
        return "".join(piece for piece in packed if piece is not None)
    return Text(tuple(packed))


def _pieces(value: Any) -> tuple[str | None, ...]:
    if isinstance(value, Text):
        return value.pieces
    if isinstance(value, str):
        return (value,)
    if value is None or isinstance(value, bool | int | float):
        return (str(value),)
    return (None,)

"""Values put together: branches, concatenations, dicts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Option, Value
from greenshift.check.static.objects import Arguments, DictObject

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
            is_missing = option.value is None and (option.variable or len(part.options) > 1)
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


def merged(dicts: Iterable[Any], why: str = "it is given only in one branch") -> DictObject:
    """Return several dicts that are options of one value as one dict: an entry that not all have has an unknown part.

    Args:
        dicts: the options' values; one that is no dict makes the result open.
        why: what the unknown part says.
    """
    found: dict[str, list[Value]] = {}
    known = [item for item in dicts if isinstance(item, DictObject)]
    reasons = [item.open for item in known if item.open]
    for item in known:
        for name, value in item.entries.items():
            found.setdefault(name, []).append(value)
    entries = {
        name: union(values if len(values) == len(known) else [*values, unknown(why)]) for name, values in found.items()
    }
    return DictObject(entries, reasons[0] if reasons else "")


def as_dict(value: Value) -> DictObject:
    """Return what a value says of a dict's entries, all options taken together.

    Args:
        value: what is splatted into a call, or merged into a dict.
    """
    given = [item for item in (_replaceable(option) for option in value.options) if item is not None]
    dicts = [item for item in given if isinstance(item, DictObject)]
    result = merged(dicts)
    if value.unknown or len(dicts) < len(given) or not given:
        entries = {
            name: union([entry, unknown("it is given only in one branch")]) for name, entry in result.entries.items()
        }
        return DictObject(entries, value.unknown or result.open or "it is no dict that is known")
    return result


def _replaceable(option: Option) -> Any:
    if option.value is None:
        return DictObject({})  # ``**(options or {})``: None is no dict, and adds nothing.
    if isinstance(option.value, DictObject) and option.variable:
        entries = {name: with_variable(entry, option.variable) for name, entry in option.value.entries.items()}
        return DictObject(entries, option.value.open)
    return option.value


def overlaid(below: DictObject, above: DictObject) -> DictObject:
    """Return a dict updated with another one.

    Args:
        below: the dict.
        above: what is put over it.
    """
    entries: dict[str, Value] = {}
    for name, value in below.entries.items():
        over = above.entries.get(name)
        if over is None:
            entries[name] = union([value, unknown(above.open)]) if above.open else value
        elif over.unknown:
            entries[name] = union([value, over])
    for name, value in above.entries.items():
        entries.setdefault(name, value)
    return DictObject(entries, below.open or above.open)


def exported(value: Value) -> Value:
    """Return a value as rules see it: constants, texts, symbols, dicts and tuples; all else is unknown.

    Args:
        value: the value as it was evaluated.
    """
    options: list[Option] = []
    reason = value.unknown
    for option in value.options:
        shown, why = _shown(option.value)
        reason = reason or why
        if shown is not _HIDDEN:
            options.append(Option(shown, option.place, option.variable))
    if not options and not reason:
        reason = "it is not told"
    return Value(tuple(options), reason)


_HIDDEN: Final = object()


def _shown(item: Any) -> tuple[Any, str]:
    from greenshift.check.static.objects import ClassObject, FunctionObject, Made, Partial

    if item is None or isinstance(item, bool | int | float | str | Text):
        return item, ""
    if isinstance(item, Symbol):
        return (item, "") if is_definition(item) else (_HIDDEN, f"{item.name} is not in the source")
    if isinstance(item, DictObject):
        return {name: exported(entry) for name, entry in item.entries.items()}, item.open
    if isinstance(item, tuple):
        return tuple(exported(part) for part in item), ""
    if isinstance(item, ClassObject):
        return Symbol(f"{item.file.module}.{item.node.name}"), ""
    if isinstance(item, FunctionObject):
        name = "lambda" if not hasattr(item.node, "name") else item.node.name
        return Symbol(f"{item.file.module}.{name}"), ""
    if isinstance(item, Partial):
        return next((_shown(option.value) for option in item.function.options), (_HIDDEN, "a partial"))
    if isinstance(item, Made):
        return _HIDDEN, f"an {item.what}" if item.what == "engine" else f"a {item.what}"
    return _HIDDEN, "an object of the program"


# Libraries whose lower-case names are functions; those of another one may be a setting.
_PLAIN: Final = (
    "sqlalchemy",
    "sqlmodel",
    "json",
    "orjson",
    "ujson",
    "simplejson",
    "ssl",
    "asyncpg",
    "psycopg",
    "psycopg2",
)


def is_definition(symbol: Symbol) -> bool:
    """Return whether an imported name is surely a class or function, and no variable of a module that is not here.

    Args:
        symbol: the name.
    """
    last = symbol.last
    if symbol.name.partition(".")[0] in (*_PLAIN, "builtins"):
        return True
    return last[:1].isupper() and any(letter.islower() for letter in last)


def only_default(arguments: Arguments) -> Arguments:
    """Return arguments as the program is written: no variable replaces them."""

    def plain(value: Value) -> Value:
        return Value(tuple(Option(option.value, option.place) for option in value.options), value.unknown)

    keywords: Mapping[str, Value] = {name: plain(value) for name, value in arguments.keywords.items()}
    return Arguments(
        tuple(plain(value) for value in arguments.positional),
        keywords,
        *(arguments.open_positional, arguments.open_keywords),
    )

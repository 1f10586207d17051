"""Values as rules see them."""

from __future__ import annotations

from typing import Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Option, Value
from greenshift.check.static.objects import ClassObject, DictObject, FunctionObject, Made, Partial


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

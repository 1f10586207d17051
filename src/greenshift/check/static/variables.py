"""Variables of the environment: ``os.environ``, ``os.getenv``, and the libraries that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.static.merging import mapped, union, unknown, with_variable
from greenshift.check.static.objects import Arguments

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

# ``env.int("X", 5)`` of environs and django-environ, and what it makes of a text.
_CASTS: Final = {"int": "int", "float": "float", "bool": "bool", "str": "str"}
_TRUE: Final = frozenset({"1", "true", "yes", "on", "t", "y"})
_FALSE: Final = frozenset({"0", "false", "no", "off", "f", "n", ""})


def variable(evaluator: Evaluator, name: Value | None, default: Value | None) -> Value:
    """Return what a variable of the environment is.

    Args:
        evaluator: knows the environment, if one is given.
        name: the variable's name.
        default: what stands in for it; None if there is nothing.
    """
    known = name.known if name is not None else None
    if not isinstance(known, str):
        options = [default, unknown("a variable of the environment")] if default is not None else []
        return union(options) if options else unknown("a variable of the environment")
    given = evaluator.project.environment.get(known)
    if given is not None:
        return Value.of(given)
    if default is None:
        return unknown(f"the variable {known} says it")
    return with_variable(default, known)


def getenv(evaluator: Evaluator, arguments: Arguments) -> Value:
    """Return what ``os.getenv(name, default)`` and ``os.environ.get`` give: None where there is no default."""
    return variable(evaluator, arguments.get(0, "key"), arguments.get(1, "default") or Value.of(None))


def config(evaluator: Evaluator, arguments: Arguments, cast: str = "", default_at: int | None = 1) -> Value:
    """Return what ``config("X", default=..., cast=...)`` of decouple and Starlette, or environs' ``env("X")``, gives.

    Args:
        evaluator: knows the environment, if one is given.
        arguments: the call's.
        cast: what it makes of the text, where the method says it.
        default_at: where the default stands by position; None where it is only given by name.
    """
    found = variable(
        evaluator,
        arguments.get(0, "option", "key", "name"),
        arguments.keywords.get("default") or _at(arguments, default_at),
    )
    given = arguments.keywords.get("cast") or arguments.keywords.get("subcast")
    if given is not None:
        symbol = given.known
        cast = getattr(symbol, "last", "")
        if cast not in _CASTS and not (isinstance(symbol, Symbol) and cast in ("Secret", "URL", "DatabaseURL")):
            return unknown("it is converted by a function")
    return converted(found, _CASTS.get(cast, "")) if cast else found


def _at(arguments: Arguments, position: int | None) -> Value | None:
    if position is None or position >= len(arguments.positional):
        return None
    return arguments.positional[position]


def converted(value: Value, kind: str) -> Value:
    """Return what ``int(...)``, ``float(...)``, ``bool(...)`` make of a text from the environment.

    Args:
        value: the text.
        kind: ``int``, ``float``, ``bool`` or ``str``; another one changes nothing.
    """

    def change(item: Any) -> Any:
        if not isinstance(item, str):
            return item
        try:
            if kind == "int":
                return int(item)
            if kind == "float":
                return float(item)
        except ValueError:
            return unknown(f"{item!r} is no number")
        if kind == "bool":
            lower = item.strip().lower()
            return lower in _TRUE if lower in _TRUE | _FALSE else unknown("it is no truth value")
        return item

    return mapped(value, change)

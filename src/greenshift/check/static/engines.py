"""Engines: the calls that make them, with their URL and arguments."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from greenshift.check.facts.engine import Engine, EngineKind
from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.text import Text
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static import makers
from greenshift.check.static.calls import reachable, together
from greenshift.check.static.dicts import as_dict
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.exporting import exported
from greenshift.check.static.merging import by_default, unknown, used, without_defaults
from greenshift.check.static.objects import Arguments, DictObject, Partial
from greenshift.check.static.owners import name_of
from greenshift.check.static.scopes import Scopes
from greenshift.check.static.written import written_arguments

_POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "engine": ("url",),
    "factory": ("bind",),
    "session": ("bind",),
}


@dataclass(frozen=True, slots=True)
class Making:
    """A call that makes something.

    Attributes:
        what: ``engine``, ``factory`` or ``session``.
        name: the dotted name of what is called.
        before: what a partial gives already.
    """

    what: str
    name: str
    before: Arguments


def making(evaluator: Evaluator, file: SourceFile, call: ast.Call) -> Making | None:
    """Return what a call makes; None if it makes neither an engine nor a session, never runs, or is unsure.

    Args:
        evaluator: follows the name that is called.
        file: where the call is.
        call: the call.
    """
    function = evaluator.value(file, call.func)
    if not reachable(evaluator, call, evaluator.frame_of(file, call)):
        return None
    found = [_making(option.value) for option in function.options]
    if not found or function.unknown or any(item is None for item in found):
        return None
    first = found[0]
    assert first is not None
    same = all(item is not None and (item.what, _kind(item.name)) == (first.what, _kind(first.name)) for item in found)
    return first if same else None


def _making(item: Any, before: Arguments | None = None) -> Making | None:
    if isinstance(item, Symbol):
        what = makers.what_is_made(item.name)
        return Making(what, item.name, before or Arguments()) if what is not None else None
    if isinstance(item, Partial) and len(item.function.options) == 1:
        given = together(item.arguments, before) if before is not None else item.arguments
        return _making(item.function.options[0].value, given)
    return None


def _kind(name: str) -> EngineKind:
    return "async" if name.rpartition(".")[2] in makers.ASYNC_ENGINES else "sync"


def given_arguments(evaluator: Evaluator, file: SourceFile, call: ast.Call, made: Making) -> Arguments:
    """Return all that a call gives: a partial's arguments, then its own.

    Args:
        evaluator: evaluates them.
        file: where the call is.
        call: the call.
        made: what it makes.
    """
    own = evaluator.arguments(call, evaluator.frame_of(file, call))
    return together(made.before, own)


def engine_of(
    evaluator: Evaluator, file: SourceFile, call: ast.Call, made: Making, scopes: Scopes, service: str
) -> Engine:
    """Return the engine that a call makes.

    Args:
        evaluator: evaluates its arguments.
        file: where the call is.
        call: the call.
        made: what it makes.
        scopes: tells how often it is called.
        service: the service that it belongs to.
    """
    last = made.name.rpartition(".")[2]
    given = given_arguments(evaluator, file, call, made)
    written, addition = written_arguments(file, call, () if made.before.positional else _POSITIONAL["engine"])
    reason = given.open_keywords or given.open_positional
    if last.endswith("engine_from_config"):
        url, arguments, reason = _from_config(given)
    else:
        url = given.get(0, "url") or unknown("no URL is given")
        arguments = {name: value for name, value in given.keywords.items() if name != "url"}
    if not reachable(evaluator, call, evaluator.frame_of(file, call), by_default):
        # Under ``if url.startswith("sqlite")`` the default that does not is not what it gets.
        url = without_defaults(url)
        arguments = {name: without_defaults(value) for name, value in arguments.items()}
    return Engine(
        kind=_kind(made.name),
        name=name_of(file, call, "engine"),
        made_by=last,
        place=file.place(call),
        scope=scopes.of(file, call),
        url=url_of(url),
        arguments={name: exported(value) for name, value in arguments.items()},
        open_arguments=reason,
        written=written,
        addition=addition,
        service=service,
    )


def url_of(value: Value) -> Value:
    """Return a URL as rules see it: texts; what is None until a variable says it is not known.

    Args:
        value: what is given as URL.
    """
    shown = exported(used(value))
    texts = tuple(option for option in shown.options if isinstance(option.value, str | Text))
    reason = shown.unknown
    for option in shown.options:
        if not isinstance(option.value, str | Text):
            reason = reason or (f"the variable {option.variable} says it" if option.variable else "it is no text")
    return Value(texts, reason)


def _from_config(given: Arguments) -> tuple[Value, Mapping[str, Value], str]:
    """https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.engine_from_config"""
    configuration = given.get(0, "configuration")
    prefix = given.get(1, "prefix")
    start = "sqlalchemy." if prefix is None else prefix.known
    if configuration is None or not isinstance(start, str):
        return unknown("a configuration that is not known"), {}, "a configuration that is not known"
    entries = as_dict(configuration)
    if configuration.unknown and not configuration.options:
        entries = DictObject({}, "a configuration that is read from a file")
    arguments = {name.removeprefix(start): value for name, value in entries.entries.items() if name.startswith(start)}
    url = arguments.pop("url", None) or unknown(entries.open or "the configuration has no URL")
    own = {name: value for name, value in given.keywords.items() if name not in ("configuration", "prefix")}
    return url, {**arguments, **own}, entries.open or given.open_keywords

"""Session factories, and sessions that are made directly: what they are bound to, and their arguments."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from greenshift.check.facts.engine import Engine, EngineKind
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static import classes, makers
from greenshift.check.static.dicts import overlaid
from greenshift.check.static.engines import Making, given_arguments
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.exporting import exported
from greenshift.check.static.merging import used
from greenshift.check.static.objects import Arguments, ClassObject, DictObject, Made
from greenshift.check.static.owners import name_of
from greenshift.check.static.scopes import Scopes
from greenshift.check.static.written import written_arguments

# From a call that makes an engine to the engine.
EngineOf = Callable[[ast.Call], Engine | None]


def factory_of(
    evaluator: Evaluator,
    file: SourceFile,
    call: ast.Call,
    made: Making,
    engine_of: EngineOf,
    scopes: Scopes,
    service: str,
    later: Sequence[Arguments] = (),
) -> SessionFactory:
    """Return the session factory or session that a call makes.

    Args:
        evaluator: evaluates its arguments.
        file: where the call is.
        call: the call.
        made: what it makes.
        engine_of: gives the engine that a call makes.
        scopes: tells how often it is called.
        service: the service that it belongs to.
        later: what ``factory.configure(...)`` gives it.
    """
    last = made.name.rpartition(".")[2]
    given = given_arguments(evaluator, file, call, made)
    written, addition = written_arguments(file, call, () if made.before.positional else ("bind",))
    for then in later:
        entries = overlaid(
            DictObject(given.keywords, given.open_keywords), DictObject(then.keywords, then.open_keywords)
        )
        given = Arguments(given.positional, entries.entries, given.open_positional, entries.open)
    bind = given.get(0, "bind", "engine")
    arguments = {name: exported(value) for name, value in given.keywords.items()}
    if bind is not None and "bind" not in arguments and (given.positional or bind.options):
        arguments["bind"] = exported(bind)
    return SessionFactory(
        kind=_kind(evaluator, last, given.keywords.get("class_")),
        name=name_of(file, call, last),
        made_by=last,
        place=file.place(call),
        scope=scopes.of(file, call),
        engine=_engine(bind, engine_of),
        arguments=arguments,
        open_arguments=given.open_keywords or given.open_positional,
        written=written,
        addition=addition,
        is_session=made.what == "session",
        service=service,
    )


def _kind(evaluator: Evaluator, name: str, class_: Value | None) -> EngineKind | None:
    if name in makers.ASYNC_FACTORIES or name in makers.ASYNC_SESSIONS:
        return "async"
    if class_ is None:
        return "sync"
    kinds: set[EngineKind | None] = set()
    for option in class_.options:
        if isinstance(option.value, Symbol):
            kinds.add(_by_name(option.value.last))
        elif isinstance(option.value, ClassObject):
            bases = [base.rpartition(".")[2] for base in classes.base_names(evaluator, option.value)]
            kinds.update({_by_name(base) for base in bases} or {None})
    return kinds.pop() if len(kinds) == 1 and not class_.unknown else None


def _by_name(name: str) -> EngineKind | None:
    if name in makers.ASYNC_SESSIONS:
        return "async"
    return "sync" if name in makers.SYNC_SESSIONS else None


def _engine(bind: Value | None, engine_of: EngineOf) -> Engine | None:
    if bind is None:
        return None
    bind = used(bind)
    made = [option.value for option in bind.options if isinstance(option.value, Made) and option.value.what == "engine"]
    return engine_of(made[0].call) if len(made) == 1 and len(bind.options) == 1 else None


def configured(evaluator: Evaluator, files: Sequence[SourceFile]) -> dict[ast.Call, list[Arguments]]:
    """Return what ``factory.configure(...)`` gives, by the call that makes the factory.

    Args:
        evaluator: follows the factory's name.
        files: the files that have to do with SQLAlchemy.
    """
    found: dict[ast.Call, list[Arguments]] = {}
    for file in files:
        if ".configure(" not in file.text:
            continue
        for call in file.nodes(ast.Call):
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "configure":
                continue
            for option in evaluator.value(file, call.func.value).options:
                if isinstance(option.value, Made) and option.value.what == "factory":
                    given = evaluator.arguments(call, evaluator.frame_of(file, call))
                    found.setdefault(option.value.call, []).append(given)
    return found

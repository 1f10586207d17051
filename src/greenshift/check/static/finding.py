"""All engines and session factories of a program."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Sequence

from greenshift.check.facts.engine import Engine
from greenshift.check.facts.requirements import Requirements
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.candidates import candidate_calls
from greenshift.check.static.engines import Making, engine_of, given_arguments, making, url_of
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.flask import FlaskSettings, flask_engine, flask_session
from greenshift.check.static.objects import Made
from greenshift.check.static.scopes import Scopes
from greenshift.check.static.session_factories import configured, factory_of

_Call = tuple[SourceFile, ast.Call, Making]


def find_engines(
    evaluator: Evaluator, files: Sequence[SourceFile], requirements: Requirements, service: str
) -> tuple[list[Engine], list[SessionFactory]]:
    """Return every engine and every session factory of a program, in the order of their places.

    Args:
        evaluator: evaluates what they are given.
        files: the files that have to do with SQLAlchemy.
        requirements: what the project needs.
        service: the service's name.
    """
    calls: list[_Call] = []
    for file, call in candidate_calls(files, evaluator.project):
        made = making(evaluator, file, call)
        if made is not None:
            calls.append((file, call, made))
    scopes = Scopes(evaluator)
    wrapped = _wrapped(evaluator, calls)
    engines: dict[ast.Call, Engine] = {}
    factories: list[SessionFactory] = []
    flask: FlaskSettings | None = None
    for file, call, made in calls:
        if made.what != "engine" or _wraps(made):
            continue
        if made.name.startswith("flask"):
            flask = flask or FlaskSettings(evaluator, files, requirements)
            given = given_arguments(evaluator, file, call, made)
            engines[call] = flask_engine(file, call, given, flask, url_of, service)
            factories.append(flask_session(engines[call], given))
            continue
        engine = engine_of(evaluator, file, call, made, scopes, service)
        engines[call] = dataclasses.replace(engine, kind="async") if call in wrapped else engine
    later = configured(evaluator, files)
    factories += [
        factory_of(evaluator, file, call, made, engines.get, scopes, service, later.get(call, ()))
        for file, call, made in calls
        if made.what != "engine"
    ]
    return list(engines.values()), factories


def _wraps(made: Making) -> bool:
    return made.name.rpartition(".")[2] == "AsyncEngine"


def _wrapped(evaluator: Evaluator, calls: Sequence[_Call]) -> set[ast.Call]:
    """Return the calls whose engine is made asynchronous by ``AsyncEngine(engine)``."""
    found: set[ast.Call] = set()
    for file, call, made in calls:
        if _wraps(made):
            given = given_arguments(evaluator, file, call, made).get(0, "sync_engine")
            for option in given.options if given is not None else ():
                if isinstance(option.value, Made):
                    found.add(option.value.call)
    return found

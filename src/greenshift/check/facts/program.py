"""A program as rules see it: its files, its engines, its session factories, and how it is run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from greenshift.check.facts.deployment import Deployment
from greenshift.check.facts.engine import Engine
from greenshift.check.facts.missing_variable import MissingVariable
from greenshift.check.facts.requirements import Requirements
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import SourceFile


def _unknown(file: SourceFile, node: ast.expr) -> Value:
    return Value(unknown="there is no source")


@dataclass(frozen=True, slots=True)
class Program:
    """One program (one service).

    Attributes:
        files: the parsed files that have to do with SQLAlchemy; empty for a program that was only imported.
        engines: every engine that was found.
        session_factories: every session factory, and every session that is made directly.
        requirements: what the project says that it needs.
        deployment: how it is run.
        evaluate: what an expression of one of the files can be.
        name: the service's name, if several are checked.
        environment: the environment that it was read under, if several are compared.
        missing: variables that other environments set for its engines, and its own does not.
        notes: what could not be told, or happened on the way, one line each for people.
    """

    files: Sequence[SourceFile] = ()
    engines: Sequence[Engine] = ()
    session_factories: Sequence[SessionFactory] = ()
    requirements: Requirements = field(default_factory=Requirements)
    deployment: Deployment = field(default_factory=Deployment)
    evaluate: Callable[[SourceFile, ast.expr], Value] = _unknown
    name: str = ""
    environment: str = ""
    missing: Sequence[MissingVariable] = ()
    notes: Sequence[str] = ()

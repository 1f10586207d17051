"""A program read from its source: parsed, evaluated, its engines and session factories found."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.facts.deployment import Deployment
from greenshift.check.facts.engine import Engine
from greenshift.check.facts.program import Program
from greenshift.check.facts.session_factory import SessionFactory
from greenshift.check.facts.value import Value
from greenshift.check.rules.checker.unparsable import UnparsableFile
from greenshift.check.source.parsing import Unparsable
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.candidates import candidate_calls
from greenshift.check.static.deployment import read_deployment
from greenshift.check.static.engines import engine_of, making
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.merging import exported
from greenshift.check.static.project import RELEVANT, Project
from greenshift.check.static.requirements import read_requirements
from greenshift.check.static.scopes import Scopes
from greenshift.check.static.session_factories import factory_of
from greenshift.report.findings import Finding

# One step of evaluation takes about fifteen calls of Python's.
_RECURSION: Final = 5_000


def read_program(
    files: Mapping[str, str],
    configuration: CheckConfiguration | None = None,
    environment: Mapping[str, str] | None = None,
    name: str = "",
) -> tuple[Program, list[Finding]]:
    """Read a program from its source; nothing of it is imported.

    Args:
        files: path (relative, forward slashes) to text, of Python files and of those that say requirements and how
            the program is started.
        configuration: says how the program is run.
        environment: the values of environment variables, if they are known: they are no defaults then.
        name: the service's name, if several are checked.

    Returns:
        The program, and a finding for each file that does not parse.
    """
    project = Project(files, environment)
    findings = []
    relevant: list[SourceFile] = []
    for path in project.paths:
        if RELEVANT.search(files[path]):
            parsed = project.parsed(path)
            if isinstance(parsed, SourceFile):
                relevant.append(parsed)
                continue
            problem: Unparsable | None = parsed
        else:
            problem = project.problem(path)
        if problem is not None:
            findings.append(UnparsableFile().unparsable(path, problem))
    evaluator = Evaluator(project)
    with _deep():
        engines, factories = _made(evaluator, relevant, name)

    def evaluate(file: SourceFile, node: ast.expr) -> Value:
        with _deep():
            return exported(evaluator.value(file, node))

    said = configuration.deployment(name) if configuration is not None else Deployment()
    with _deep():
        deployment = read_deployment(evaluator, said)
    requirements = read_requirements(files)
    return Program(relevant, engines, factories, requirements, deployment, evaluate, name), findings


def _made(evaluator: Evaluator, files: list[SourceFile], service: str) -> tuple[list[Engine], list[SessionFactory]]:
    calls = [(file, call, making(evaluator, file, call)) for file, call in candidate_calls(files)]
    scopes = Scopes(evaluator)
    engines = {
        call: engine_of(evaluator, file, call, made, scopes, service)
        for file, call, made in calls
        if made is not None and made.what == "engine"
    }
    factories = [
        factory_of(evaluator, file, call, made, engines.get, scopes, service)
        for file, call, made in calls
        if made is not None and made.what != "engine"
    ]
    return list(engines.values()), factories


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python recurse deep enough for the evaluation's own bound to be the one that counts."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)

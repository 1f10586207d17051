"""A program read from its source: parsed, evaluated, its engines and session factories found."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.facts.deployment import Deployment
from greenshift.check.facts.program import Program
from greenshift.check.facts.value import Value
from greenshift.check.rules.checker.unparsable import UnparsableFile
from greenshift.check.source.parsing import Unparsable
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.deployment import read_deployment
from greenshift.check.static.evaluation import Evaluator
from greenshift.check.static.exporting import exported
from greenshift.check.static.finding import find_engines
from greenshift.check.static.project import RELEVANT, Project
from greenshift.check.static.requirements import read_requirements
from greenshift.report.findings import Finding

# One step of evaluation takes about fifteen calls of Python's.
_RECURSION: Final = 5_000


def read_program(
    files: Mapping[str, str],
    configuration: CheckConfiguration | None = None,
    environment: Mapping[str, str] | None = None,
    name: str = "",
    plain: Collection[str] = (),
) -> tuple[Program, list[Finding]]:
    """Read a program from its source; nothing of it is imported.

    Args:
        files: path (relative, forward slashes) to text, of Python files and of those that say requirements and how
            the program is started.
        configuration: says how the program is run.
        environment: the values of environment variables, if they are known: they are no defaults then.
        name: the service's name, if several are checked.
        plain: files that are known to be Python and to have nothing to do with SQLAlchemy (:func:`plain_files`).

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
        elif path in plain:
            continue
        else:
            problem = project.problem(path)
        if problem is not None:
            findings.append(UnparsableFile().unparsable(path, files[path], problem))
    requirements = read_requirements(files)
    evaluator = Evaluator(project)
    with _deep():
        engines, factories = find_engines(evaluator, relevant, requirements, name)

    def evaluate(file: SourceFile, node: ast.expr) -> Value:
        with _deep():
            return exported(evaluator.value(file, node))

    said = configuration.deployment(name) if configuration is not None else Deployment()
    with _deep():
        deployment = read_deployment(evaluator, said)
    return Program(relevant, engines, factories, requirements, deployment, evaluate, name), findings


def plain_files(files: Mapping[str, str], findings: Iterable[Finding]) -> frozenset[str]:
    """Return the files that are Python and have nothing to do with SQLAlchemy: they need not be parsed again.

    Args:
        files: the files that were read.
        findings: what ``read_program`` found of them.
    """
    unread = {finding.place.file for finding in findings}
    return frozenset(
        path
        for path, text in files.items()
        if path.endswith(".py") and path not in unread and not RELEVANT.search(text)
    )


@contextmanager
def _deep() -> Iterator[None]:
    """Let Python recurse deep enough for the evaluation's own bound to be the one that counts."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _RECURSION))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)

"""Rules asked about a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from greenshift.check.facts import Program, Scope
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity


def findings_of(rules: Iterable[Rule], program: Program) -> Iterator[Finding]:
    """Yield what rules find in a program.

    In test code, where an engine of its own is no fault, only errors count.

    Args:
        rules: the rules.
        program: the program.
    """
    tests = {file.path for file in program.files if file.is_test}
    for rule in rules:
        for finding in _asked(rule, program):
            if finding.severity is Severity.ERROR or finding.place.file not in tests:
                yield finding


def _asked(rule: Rule, program: Program) -> Iterator[Finding]:
    only_errors = rule.severity is not Severity.ERROR
    for engine in program.engines:
        if not (only_errors and engine.scope is Scope.TEST):
            yield from rule.engine(engine, program)
    for factory in program.session_factories:
        if not (only_errors and factory.scope is Scope.TEST):
            yield from rule.session_factory(factory, program)
    yield from rule.program(program)


def looks_at_source(rule: Rule) -> bool:
    """Return whether all that a rule looks at is in a program, rather than in a server or in several services.

    Args:
        rule: the rule.
    """
    kind = type(rule)
    return kind.server is Rule.server and kind.services is Rule.services

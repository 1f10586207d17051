"""Rules asked about a program."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from greenshift.check.facts import Program, Scope
from greenshift.check.rules.rule import Rule
from greenshift.check.source.source_file import SourceFile
from greenshift.report.findings import Finding, Place, Severity

_EXPECTING: Final = ("raises", "assertRaises", "assertRaisesRegex", "expect_raises", "expect_raises_message")


def findings_of(rules: Iterable[Rule], program: Program) -> Iterator[Finding]:
    """Yield what rules find in a program.

    In test code, where an engine of its own is no fault, only errors count, and not those that the test expects.

    Args:
        rules: the rules.
        program: the program.
    """
    tests = {file.path: file for file in program.files if file.is_test}
    for rule in rules:
        for finding in _asked(rule, program):
            test = tests.get(finding.place.file)
            if test is None or (finding.severity is Severity.ERROR and not _is_expected(test, finding.place)):
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


def _is_expected(test: SourceFile, place: Place) -> bool:
    """Whether a test says that what stands at a place raises: ``with pytest.raises(TypeError):``."""
    return any(
        block.lineno <= place.line <= (block.end_lineno or block.lineno)
        and any(
            isinstance(item.context_expr, ast.Call)
            and (test.name(item.context_expr.func) or "").rpartition(".")[2] in _EXPECTING
            for item in block.items
        )
        for block in test.nodes(ast.With)
    )


def looks_at_source(rule: Rule) -> bool:
    """Return whether all that a rule looks at is in a program, rather than in a server or in several services.

    Args:
        rule: the rule.
    """
    kind = type(rule)
    return kind.server is Rule.server and kind.services is Rule.services

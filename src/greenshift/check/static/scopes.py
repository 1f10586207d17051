"""How often the code at a place runs: at import, once, in each request, in tests."""

from __future__ import annotations

import ast

from greenshift.check.facts.engine import Scope
from greenshift.check.source.source_file import SourceFile
from greenshift.check.static.evaluation import Evaluator


def scope_of(evaluator: Evaluator, file: SourceFile, node: ast.expr) -> Scope:
    """Return how often an expression runs.

    Args:
        evaluator: knows the functions around it.
        file: where it stands.
        node: the expression.
    """
    if file.is_test:
        return Scope.TEST
    function = evaluator.enclosing(file, node)
    return Scope.MODULE if function is None else Scope.FUNCTION

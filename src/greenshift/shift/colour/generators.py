"""Generators that query: they become async generators where everyone who consumes them can follow."""

from __future__ import annotations

import ast

from greenshift.shift.colour.call_graph import CallGraph
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import ClassValue
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context

WHOLE = {"list", "set", "tuple", "sorted", "sum", "any", "all", "max", "min", "dict", "frozenset"}
WHOLE_METHODS = {"join", "extend", "update", "writelines", "writerows", "add_all"}
"""Methods that run through what they are given before they return."""
STREAMING = {"StreamingResponse", "EventSourceResponse"}
"""Responses of Starlette, FastAPI and sse-starlette whose body may be an async iterator."""


def sync_consumer(context: Context, graph: CallGraph, function: Function) -> str | None:
    """Return why a generator must stay sync: someone consumes it in a way that has no async form.

    Args:
        context: The flip's context.
        graph: The call graph.
        function: The generator function.
    """
    kinds = context.kinds
    traits = kinds.fixtures.traits(function)
    if "contextmanager" in traits or "fixture" in traits:
        return None
    for edge in graph.callers.get(function, ()):
        if not isinstance(edge.node, ast.Call):
            return "a generator that is consumed by an operator"
        parent = kinds.parents.get(edge.node)
        if isinstance(parent, ast.keyword):
            parent = kinds.parents.get(parent)
        if isinstance(parent, ast.For | ast.comprehension) and parent.iter is edge.node:
            continue
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id in WHOLE:
            continue
        if (
            isinstance(parent, ast.Call)
            and isinstance(parent.func, ast.Attribute)
            and parent.func.attr in WHOLE_METHODS
        ):
            continue
        if isinstance(parent, ast.Starred | ast.YieldFrom) or is_unpacked(parent, edge.node):
            continue
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "next":
            continue
        if isinstance(parent, ast.Call) and is_streamed(kinds, parent, edge.node):
            continue
        return "a generator that is not consumed where it is made"
    return None


def is_unpacked(statement: ast.AST | None, node: ast.AST) -> bool:
    """Whether a statement takes an iterable apart: ``first, *rest = node``.

    Args:
        statement: What stands around the iterable.
        node: The iterable.
    """
    return (
        isinstance(statement, ast.Assign)
        and statement.value is node
        and all(isinstance(target, ast.Tuple | ast.List) for target in statement.targets)
    )


def is_streamed(kinds: Kinds, call: ast.Call, body: ast.expr) -> bool:
    """Whether a call makes a response that sends a generator's items: it takes an async generator as well.

    Args:
        kinds: The analysis.
        call: The call that a generator is given to.
        body: The generator.
    """
    last = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if last not in STREAMING or kinds.is_a(call.func, ClassValue):
        return False
    return body in call.args or any(keyword.value is body for keyword in call.keywords)

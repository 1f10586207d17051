"""Iterating over a query, indexing and slicing it: hidden executions, written out."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import External, Instance
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.modernize.group import LeaveError
from greenshift.shift.rewrite.modernize.layout import without_comments
from greenshift.shift.rewrite.modernize.lists import is_given_as_list
from greenshift.shift.rewrite.modernize.work import Work

ITERATING = {
    "list", "tuple", "set", "frozenset", "sorted", "enumerate", "sum", "min", "max", "any", "all", "dict", "reversed",
    "iter",
}  # fmt: skip
"""Built-in functions that run through what they are given before they return, or (``iter``) execute it."""
LAZY = {"map", "filter", "zip"}
"""Those that begin to run through it later."""


def convert_iteration(work: Work, node: ast.expr, module: Module) -> None:
    """``for x in q``, ``list(q)``, ``[... for x in q]``: over the result."""
    parent = work.group.context.kinds.parents.get(node)
    # A result has keys(), so that dict() takes it for a mapping.
    is_dict = isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "dict"
    work.execute(node, module, ".all()" if is_dict else "")


def convert_subscript(work: Work, node: ast.Subscript, module: Module) -> None:
    """``q[a:b]`` and ``q[0]``: LIMIT and OFFSET, and a list or the first of it."""
    source = module.source
    begin, end = source.end(node.value), source.end(node)
    without_comments(source, begin, end, node)
    parent = work.group.context.kinds.parents.get(node)
    if isinstance(parent, ast.Delete | ast.AugAssign):
        raise LeaveError("it is indexed in an unusual way", node)
    if isinstance(node.slice, ast.Slice):
        if node.slice.step is not None:
            raise LeaveError("a slice with a step", node)
        bounds = [_bound(work, module, one) for one in (node.slice.lower, node.slice.upper)]
        inside, index = f".slice({bounds[0]}, {bounds[1]})" if node.slice.lower else f".limit({bounds[1]})", ""
        if is_given_as_list(work, node):
            work.edits(module).wrap(node, "list(", ")")
        if _may_be_empty(work, node.slice):
            # A query asks nothing where a slice ends before it begins; LIMIT is not to be negative.
            work.edits(module).wrap(node, "(", f" if {bounds[0]} < {bounds[1]} else [])")
    else:
        text = _bound(work, module, node.slice)
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int):
            following = str(node.slice.value + 1)
        elif isinstance(node.slice, ast.Name):
            following = f"{text} + 1"
        else:
            raise LeaveError("an index that is an expression", node)
        inside, index = f".slice({text}, {following})", "[0]"
    brackets = source.text[begin : source.text.index("[", begin)].count(")")
    work.execute(node.value, module, f".all(){index}", inside=")" * brackets + inside, replaced=node)


def _may_be_empty(work: Work, node: ast.Slice) -> bool:
    """Whether both ends of a slice are numbers, and not both of them written there."""
    ends = [one for one in (node.lower, node.upper) if one is not None]
    return (
        len(ends) == 2
        and all(_is_number(work, one) for one in ends)
        and not all(isinstance(one, ast.Constant) for one in ends)
    )


def _is_number(work: Work, node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        return _is_number(work, node.left) and _is_number(work, node.right)
    if isinstance(node, ast.Name):
        unit = work.group.context.kinds.unit(node)
        return isinstance(unit, Function) and any(
            one.name == node.id and isinstance(one.annotation, ast.Name) and one.annotation.id == "int"
            for one in unit.parameters
        )
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def _bound(work: Work, module: Module, node: ast.expr | None) -> str:
    if node is None:
        return "None"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        raise LeaveError("a negative index", node)
    if any(work.group.context.kinds.values(each) for each in walk(node) if isinstance(each, ast.Call)):
        raise LeaveError("an index that calls something", node)
    return module.source.segment(node)


def iterates(work: Work, call: ast.Call) -> bool:
    """Whether a call runs through its argument at once: built-in functions, ``extend``, ``join``."""
    function = call.func
    if isinstance(function, ast.Attribute):
        if function.attr == "extend":
            return not work.group.context.kinds.is_a(function.value, Instance)
        return function.attr == "join" and isinstance(function.value, ast.Constant)
    if isinstance(function, ast.Name) and function.id in ITERATING:
        values = work.group.context.kinds.values(function)
        return not values or External(f"builtins.{function.id}") in values
    if isinstance(function, ast.Name) and function.id in LAZY:
        parent = work.group.context.kinds.parents.get(call)
        if isinstance(parent, ast.Call):
            return call in parent.args and iterates(work, parent)
        return isinstance(parent, ast.For | ast.comprehension) and parent.iter is call
    return False


def is_run_at_once(work: Work, generator: ast.AST | None) -> bool:
    """Whether a comprehension is run through where it stands (a generator expression may be kept for later)."""
    if not isinstance(generator, ast.GeneratorExp):
        return True
    parent = work.group.context.kinds.parents.get(generator)
    if isinstance(parent, ast.Call) and generator in parent.args:
        return isinstance(parent.func, ast.Attribute) or iterates(work, parent)
    return isinstance(parent, ast.For) and parent.iter is generator

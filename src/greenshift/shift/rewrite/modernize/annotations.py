"""``Query`` in annotations of what was converted becomes ``Select``."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.names import ExternalName, is_sqlalchemy
from greenshift.shift.kinds.values import Query, Values
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import children, walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import LeaveError
from greenshift.shift.rewrite.modernize.work import Work


class QueryAnnotations:
    """The annotations of a project that speak of ``Query``.

    Args:
        context: The stage's work.
    """

    def __init__(self, context: Context) -> None:
        self.parameters: list[tuple[Function, str, ast.expr]] = []
        self.returns: list[tuple[Function, ast.expr]] = []
        for function in context.project.functions:
            for parameter in function.parameters:
                if parameter.annotation is not None and _mentions(parameter.annotation):
                    self.parameters.append((function, parameter.name, parameter.annotation))
            returned = None if isinstance(function.node, ast.Lambda) else function.node.returns
            if returned is not None and _mentions(returned):
                self.returns.append((function, returned))


def _mentions(annotation: ast.expr) -> bool:
    return "Query" in ast.dump(annotation)


def convert_annotations(work: Work, known: QueryAnnotations) -> None:
    """Rewrite the annotations of parameters, returns and variables that hold the group's queries."""
    kinds = work.group.context.kinds
    seen: set[ast.AST] = set()
    for function, annotation in known.returns:
        results = [kinds.result(function), *(kinds.result(one) for one in _overriding(work, function))]
        if any(_gives(work, values) for values in results):
            _convert(work, function.module, annotation, seen)
    for function, name, annotation in known.parameters:
        if _gives(work, kinds.parameter(function, name)):
            _convert(work, function.module, annotation, seen)
    for node, module in work.group.nodes:
        parent = kinds.parents.get(node)
        if isinstance(parent, ast.AnnAssign):
            _convert(work, module, parent.annotation, seen)


def _overriding(work: Work, function: Function) -> list[Function]:
    """The methods that stand for one that says nothing itself: an abstract one, or a protocol's."""
    if function.owner is None or any(isinstance(node, ast.Return) and node.value for node in walk(function.node)):
        return []
    below = work.group.context.kinds.classes.below(function.owner)
    return [cls.functions[function.name] for cls in below if function.name in cls.functions]


def _gives(work: Work, values: Values) -> bool:
    return any(isinstance(value, Query) and value.site in work.group.site_set for value in values)


def _convert(work: Work, module: Module, annotation: ast.expr | None, seen: set[ast.AST]) -> None:
    if annotation is None or annotation in seen:
        return
    seen.add(annotation)
    stack: list[ast.expr] = [annotation]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if "Query" in node.value:
                _quoted(work, module, node)
        elif isinstance(node, ast.Subscript):
            if _is_query(work, module, node.value):
                work.edits(module).replace_node(node, _select(work, module))
            else:
                stack.append(node.slice)
        elif isinstance(node, ast.Name | ast.Attribute):
            if _is_query(work, module, node):
                work.edits(module).replace_node(node, _select(work, module))
        else:
            stack.extend(child for child in children(node) if isinstance(child, ast.expr))


def _select(work: Work, module: Module) -> str:
    return work.need(module, work.group.verb.capitalize())


def _quoted(work: Work, module: Module, node: ast.Constant) -> None:
    try:
        inner = ast.parse(str(node.value), mode="eval").body
    except SyntaxError:
        return
    base = inner.value if isinstance(inner, ast.Subscript) else inner
    if not isinstance(base, ast.Name | ast.Attribute) or not _is_query(work, module, base):
        raise LeaveError("an annotation with Query that is written as a string", node)
    work.edits(module).replace_node(node, f'"{_select(work, module)}"')


def _is_query(work: Work, module: Module, node: ast.expr) -> bool:
    target = work.group.context.kinds.names.resolve(module, node)
    return isinstance(target, ExternalName) and is_sqlalchemy(target.name, "Query", "RowReturningQuery")

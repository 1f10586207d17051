"""``Query`` in annotations of what was converted becomes ``Select``."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.names import ExternalName, is_sqlalchemy
from greenshift.shift.kinds.values import Query, Values
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import children, walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import LeaveError
from greenshift.shift.rewrite.modernize.work import Work


class QueryAnnotations:
    """The annotations of a project that speak of ``Query``, by the queries that they may hold.

    Args:
        context: The stage's work.
    """

    def __init__(self, context: Context) -> None:
        self._annotations: list[tuple[Module, ast.expr]] = []
        self._by_site: dict[ast.AST, list[int]] = {}
        kinds = context.kinds
        functions = [one for one in context.project.functions if "Query" in one.module.source.text]
        for function in functions:
            returned = None if isinstance(function.node, ast.Lambda) else function.node.returns
            if returned is not None and _mentions(returned):
                results = [kinds.result(function), *(kinds.result(one) for one in _overriding(kinds, function))]
                self._note(function.module, returned, frozenset().union(*results))
        for function in functions:
            for parameter in function.parameters:
                if parameter.annotation is not None and _mentions(parameter.annotation):
                    self._note(function.module, parameter.annotation, kinds.parameter(function, parameter.name))

    def _note(self, module: Module, annotation: ast.expr, values: Values) -> None:
        for site in {value.site for value in values if isinstance(value, Query)}:
            self._by_site.setdefault(site, []).append(len(self._annotations))
        self._annotations.append((module, annotation))

    def of(self, sites: Iterable[ast.AST]) -> list[tuple[Module, ast.expr]]:
        """Return the annotations that hold some queries, those of returns first, in the project's order.

        Args:
            sites: The calls that make the queries.
        """
        found = {index for site in sites for index in self._by_site.get(site, ())}
        return [self._annotations[index] for index in sorted(found)]


def _mentions(annotation: ast.expr) -> bool:
    return "Query" in ast.dump(annotation)


def convert_annotations(work: Work, known: QueryAnnotations) -> None:
    """Rewrite the annotations of parameters, returns and variables that hold the group's queries."""
    kinds = work.group.context.kinds
    seen: set[ast.AST] = set()
    for module, annotation in known.of(work.group.site_set):
        _convert(work, module, annotation, seen)
    for node, module in work.group.nodes:
        parent = kinds.parents.get(node)
        if isinstance(parent, ast.AnnAssign):
            _convert(work, module, parent.annotation, seen)


def _overriding(kinds: Kinds, function: Function) -> list[Function]:
    """The methods that stand for one that says nothing itself: an abstract one, or a protocol's."""
    if function.owner is None or any(isinstance(node, ast.Return) and node.value for node in walk(function.node)):
        return []
    return kinds.classes.overriding(function.owner, function.name)


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

"""Converts groups of queries: every use of every query of a group, or nothing of it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import ExitStack

from greenshift.shift.kinds.values import Query
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.edits import EditConflictError
from greenshift.shift.rewrite.modernize.annotations import QueryAnnotations, convert_annotations
from greenshift.shift.rewrite.modernize.building import BUILDING
from greenshift.shift.rewrite.modernize.bulk import convert_bulk, verb_of
from greenshift.shift.rewrite.modernize.compound import convert_union
from greenshift.shift.rewrite.modernize.counting import (
    convert_count,
    convert_embedded,
    convert_exists,
    convert_statement,
)
from greenshift.shift.rewrite.modernize.distinct import check_distinct
from greenshift.shift.rewrite.modernize.flows import (
    Unresolved,
    check_argument,
    check_returned,
    check_stored,
    check_values,
)
from greenshift.shift.rewrite.modernize.group import BUILDERS, SET_OPERATIONS, Group, LeaveError, Step, groups_of
from greenshift.shift.rewrite.modernize.iteration import (
    convert_iteration,
    convert_subscript,
    is_run_at_once,
    iterates,
)
from greenshift.shift.rewrite.modernize.listing import Customs, list_unknown
from greenshift.shift.rewrite.modernize.lookup import convert_get
from greenshift.shift.rewrite.modernize.mocked_chains import convert_mocked_chains
from greenshift.shift.rewrite.modernize.mocks import Mocks
from greenshift.shift.rewrite.modernize.session import site_session
from greenshift.shift.rewrite.modernize.terminals import convert_fetch, convert_first, convert_scalar
from greenshift.shift.rewrite.modernize.work import Answer, Work

STEPS: dict[str, Callable[[Work, Step], None]] = {
    **BUILDING,
    "all": convert_fetch,
    "one": convert_fetch,
    "one_or_none": convert_fetch,
    "first": convert_first,
    "scalar": convert_scalar,
    "count": convert_count,
    "exists": convert_exists,
    "get": convert_get,
    "update": convert_bulk,
    "delete": convert_bulk,
    "subquery": convert_embedded,
    "scalar_subquery": convert_embedded,
    "as_scalar": convert_embedded,
    "cte": convert_embedded,
    "label": convert_embedded,
    **dict.fromkeys(SET_OPERATIONS, convert_union),
}
SAME_ATTRIBUTES = {"column_descriptions", "whereclause"}


def convert_queries(context: Context) -> None:
    """Convert every group of queries of a project that can be converted; list the others."""
    groups = groups_of(context)
    customs = Customs(context)
    mocks = Mocks(context)
    unresolved = Unresolved(context)
    annotations = QueryAnnotations(context)
    answers: dict[Function, list[Answer]] = {}
    for group in groups:
        if all(keeps_sessions(context.project, module) for _, module in group.sites):
            # Its session stays sync, so that its queries may stay what they are.
            continue
        try:
            customs.check(group)
            _check_kept(group)
            mocks.check(group)
            for call, answer in _convert(group, unresolved, annotations).items():
                unit = context.kinds.unit(call)
                if isinstance(unit, Function):
                    answers.setdefault(unit, []).append(answer)
        except (LeaveError, EditConflictError) as error:
            for site, module in group.sites:
                context.leave(module, site, "query", _reason(context, group, error))
            context.count("queries left", len(group.sites))
        else:
            context.count("queries", len(group.sites))
    convert_mocked_chains(context, mocks, answers)
    list_unknown(context)


def _check_kept(group: Group) -> None:
    """Raise LeaveError if some queries of a group are made on sessions that stay sync."""
    for site, module in group.sites:
        if keeps_sessions(group.context.project, module):
            raise LeaveError("a desktop program shares it", site)


def _reason(context: Context, group: Group, error: Exception) -> str:
    if not isinstance(error, LeaveError):
        return "its text is changed in several ways"
    if len(group.sites) > 1 or error.node is not group.sites[0][0]:
        module = context.kinds.module_by_node.get(error.node)
        if module is not None:
            return f"{error.reason} ({module.source.place(error.node)})"
    return error.reason


def _convert(group: Group, unresolved: Unresolved, annotations: QueryAnnotations) -> dict[ast.Call, Answer]:
    context = group.context
    check_values(group)
    if {"distinct", "order_by"} <= group.names:
        check_distinct(group)
    group.verb = verb_of(group)
    work = Work(group)
    modules = {module for _, module in [*group.sites, *group.nodes]}
    in_order = sorted(modules, key=lambda one: one.file)
    imports = {module: dict(context.imports(module).needed) for module in in_order}
    with ExitStack() as stack:
        for module in in_order:
            stack.enter_context(context.edits(module).together())
        try:
            # What is written over several calls comes before these calls themselves.
            for step in sorted(group.steps, key=lambda one: one.name not in SET_OPERATIONS | {"get"}):
                if step.call not in work.done:
                    _step(work, step)
            for node, module in group.nodes:
                _use(work, node, module, unresolved)
            for site, module in group.sites:
                if site not in work.replaced_sites:
                    _site(work, site, module)
            convert_annotations(work, annotations)
        except BaseException:
            for module, needed in imports.items():
                context.imports(module).needed = needed
            raise
    return work.answers


def _step(work: Work, step: Step) -> None:
    convert = STEPS.get(step.name)
    if convert is None:
        raise LeaveError(f"{step.name}() has no counterpart", step.call)
    if step.name in BUILDERS and not work.group.context.kinds.is_a(step.call, Query):
        raise LeaveError(f"what {step.name}() gives is not followed", step.call)
    convert(work, step)


def _site(work: Work, site: ast.Call, module: Module) -> None:
    """``session.query`` becomes ``select``, ``update`` or ``delete``; its arguments stay."""
    site_session(site)
    if site.keywords:
        raise LeaveError("query() with keywords", site)
    if not site.args:
        raise LeaveError("query() without arguments", site)
    if any(isinstance(one, ast.Constant) for one in site.args):
        raise LeaveError("query() of a constant", site)
    name = work.need(module, work.group.verb)
    source = module.source
    start, end = source.start(site), source.end(site.func)
    opening = source.text[start : source.start(site.func)]
    if "#" in source.text[start:end]:
        raise LeaveError("a comment stands in the middle of it", site)
    work.edits(module).replace(start, end, opening + name)


def _use(work: Work, node: ast.expr, module: Module, unresolved: Unresolved) -> None:
    """Look at where a query goes."""
    group = work.group
    parent = group.context.kinds.parents.get(node)
    if node in work.done:
        return
    if isinstance(parent, ast.Attribute):
        _attribute(work, parent, module)
    elif isinstance(parent, ast.Subscript) and parent.value is node:
        convert_subscript(work, parent, module)
    elif isinstance(parent, ast.For | ast.comprehension) and parent.iter is node:
        generator = group.context.kinds.parents.get(parent) if isinstance(parent, ast.comprehension) else None
        if not is_run_at_once(work, generator):
            raise LeaveError("a generator runs it later", node)
        convert_iteration(work, node, module)
    elif isinstance(parent, ast.Starred | ast.YieldFrom):
        convert_iteration(work, node, module)
    elif isinstance(parent, ast.Compare):
        _compare(work, parent, node, module)
    elif isinstance(parent, ast.Call | ast.keyword):
        call = parent if isinstance(parent, ast.Call) else group.context.kinds.parents.get(parent)
        if isinstance(call, ast.Call):
            _argument(work, call, node, module)
    elif isinstance(parent, ast.Assign):
        for target in parent.targets:
            if isinstance(target, ast.Tuple | ast.List):
                convert_iteration(work, node, module)
            else:
                check_stored(group, target, unresolved)
    elif isinstance(parent, ast.AnnAssign | ast.NamedExpr):
        check_stored(group, parent.target, unresolved)
    elif isinstance(parent, ast.Return):
        check_returned(group, node, unresolved)
    elif isinstance(parent, ast.Expr) or (isinstance(parent, ast.IfExp) and parent.test is not node):
        return
    else:
        raise LeaveError(f"it is used in a way that is not followed ({type(parent).__name__})", node)


def _attribute(work: Work, attribute: ast.Attribute, module: Module) -> None:
    parent = work.group.context.kinds.parents.get(attribute)
    if isinstance(parent, ast.Call) and parent.func is attribute:
        return  # a step
    if attribute.attr == "statement":
        convert_statement(work, attribute, module)
    elif attribute.attr not in SAME_ATTRIBUTES:
        raise LeaveError(f"its {attribute.attr} is used", attribute)


def _compare(work: Work, parent: ast.Compare, node: ast.expr, module: Module) -> None:
    if len(parent.ops) == 1 and isinstance(parent.ops[0], ast.Is | ast.IsNot):
        return
    if len(parent.ops) == 1 and isinstance(parent.ops[0], ast.In | ast.NotIn) and parent.comparators[0] is node:
        convert_iteration(work, node, module)
        return
    raise LeaveError("it is compared", node)


def _argument(work: Work, call: ast.Call, node: ast.expr, module: Module) -> None:
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in SET_OPERATIONS:
        if work.group.context.kinds.is_a(function.value, Query):
            return  # The union writes it.
        raise LeaveError(f"it is given to {function.attr}() of something unknown", node)
    if node in call.args and iterates(work, call):
        convert_iteration(work, node, module)
    else:
        check_argument(work.group, call, node)

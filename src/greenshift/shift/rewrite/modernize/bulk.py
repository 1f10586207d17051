"""Bulk ``update`` and ``delete``: statements of their own, whose number of rows is read from the result."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import COLUMN
from greenshift.shift.rewrite.modernize.group import Group, LeaveError, Step, steps_down
from greenshift.shift.rewrite.modernize.layout import enclose, name_start, without_comments
from greenshift.shift.rewrite.modernize.work import Work

BULK = {"update", "delete"}
CONDITIONS = {"filter", "filter_by", "where", "execution_options"}


def verb_of(group: Group) -> str:
    """Return what the queries of a group become: ``select``, ``update`` or ``delete``."""
    verbs = group.names & BULK
    if len(verbs) == 1 and group.names <= verbs | CONDITIONS:
        return next(iter(verbs))
    return "select"


def convert_bulk(work: Work, step: Step) -> None:
    """``q.update(values)`` and ``q.delete()``."""
    group = work.group
    shape = group.shape(step.receiver)
    if len(shape) != 1 or shape[0] == COLUMN:
        raise LeaveError(f"{step.name}() of columns", step.call)
    values, synchronize = _arguments(step)
    session = work.session(step.receiver, step.module)
    work.answer(step.call, "execute", "rowcount")
    if group.verb == "select":
        _from_select(work, step, session, values, synchronize)
        return
    edits = work.edits(step.module)
    opening, ending = _execution(work, step, session)
    options = _options(step, synchronize)
    if values is None:
        enclose(edits, step.receiver, opening, options, ending, step.call)
    else:
        # The values may hold queries of their own, so they keep their place and only what is around them is written.
        _around_values(work, step, values, opening, options + ending, "values")


def _execution(work: Work, step: Step, session: str) -> tuple[str, str]:
    """What stands before a statement and behind it: how many rows it changed is what the query's method gives."""
    if _is_discarded(work, step):
        return f"{session}.execute(", ")"
    context = work.group.context
    if not context.options.is_type_checked:
        return f"{session}.execute(", ").rowcount"
    # A session's execute() is typed as giving any Result.
    imports = context.imports(step.module)
    cast, anything = imports.need("typing", "cast"), imports.need("typing", "Any")
    return f"{cast}({work.need(step.module, 'CursorResult')}[{anything}], {session}.execute(", ")).rowcount"


def _around_values(work: Work, step: Step, values: ast.expr, before: str, after: str, name: str) -> None:
    edits, source = work.edits(step.module), step.module.source
    begin, end = source.end(values), source.end(step.call)
    rest = source.text[begin:end]
    without_comments(source, begin, end, step.call)
    start = name_start(source, step.attribute)
    first = next((one for one in step.call.keywords if one.value is values), None)
    edits.replace(start, start + len("update"), name)
    if first is not None and first.arg == "values":
        edits.replace(source.start(first), source.start(values), "")
    closing = "\n" + source.indentation(step.call) if rest.endswith("\n" + source.indentation(step.call) + ")") else ""
    edits.insert_before(step.call, before)
    edits.replace(begin, end, f"{',' if closing else ''}{closing}){after}")


def _arguments(step: Step) -> tuple[ast.expr | None, ast.expr | None]:
    """The values (of an update) and the argument for synchronizing the session."""
    names = ["values", "synchronize_session"] if step.name == "update" else ["synchronize_session"]
    if len(step.call.args) > len(names) or any(isinstance(one, ast.Starred) for one in step.call.args):
        raise LeaveError(f"{step.name}() with further arguments", step.call)
    given = dict(zip(names, step.call.args, strict=False))
    for keyword in step.call.keywords:
        if keyword.arg not in names:
            raise LeaveError(f"{step.name}() with further arguments", step.call)
        given[keyword.arg or ""] = keyword.value
    if step.name == "update" and "values" not in given:
        raise LeaveError("update() without values", step.call)
    synchronize = given.get("synchronize_session")
    if synchronize is not None and not isinstance(synchronize, ast.Constant | ast.Name):
        raise LeaveError("synchronize_session is an expression", step.call)
    return given.get("values"), synchronize


def _is_discarded(work: Work, step: Step) -> bool:
    return isinstance(work.group.context.kinds.parents.get(step.call), ast.Expr)


def _from_select(work: Work, step: Step, session: str, values: ast.expr | None, synchronize: ast.expr | None) -> None:
    """A query that is counted or read as well: its condition is taken from the statement (``q.whereclause``)."""
    group, kinds = work.group, work.group.context.kinds
    entities = set()
    for site, module in group.sites:
        if module is not step.module or kinds.unit(site) is not kinds.unit(step.call):
            raise LeaveError(f"{step.name}() in another function than the one that makes the query", step.call)
        if not _has_condition(group, site):
            raise LeaveError(f"{step.name}() of a query that is read as well and may have no condition", step.call)
        entities.add(work.class_text(site.args[0], module))
    if len(entities) != 1:
        raise LeaveError(f"{step.name}() of several entities", step.call)
    edits = work.edits(step.module)
    verb = work.need(step.module, step.name)
    opening, ending = _execution(work, step, session)
    before = f"{opening}{verb}({next(iter(entities))}).where("
    after = _options(step, synchronize) + ending
    if values is None:
        enclose(edits, step.receiver, before, ".whereclause", f"){after}", step.call)
    else:
        _around_values(work, step, values, before, after, "whereclause).values")


def _options(step: Step, synchronize: ast.expr | None) -> str:
    if synchronize is None:
        return ""
    return f".execution_options(synchronize_session={step.module.source.segment(synchronize)})"


def _has_condition(group: Group, site: ast.Call) -> bool:
    """Whether the expression that makes the query has a condition already."""
    return any(
        site in list(steps_down(step.call)) and (step.call.args or step.call.keywords)
        for step in group.calls("filter", "filter_by", "where")
    )

"""``count`` and ``exists``, and queries used inside other statements."""

from __future__ import annotations

import ast

from greenshift.shift.project import Module
from greenshift.shift.rewrite.modernize.group import LeaveError, Step, is_scalar, steps_down
from greenshift.shift.rewrite.modernize.layout import enclose, name_start, without_comments
from greenshift.shift.rewrite.modernize.work import Work

AS_SELECTED = {"filter", "filter_by", "where", "join", "outerjoin", "exists", "order_by", "limit", "offset", "distinct"}


def convert_count(work: Work, step: Step) -> None:
    """``q.count()``: how many rows the whole statement gives, its DISTINCT, LIMIT and GROUP BY included."""
    if step.call.args or step.call.keywords:
        raise LeaveError("count() with arguments", step.call)
    select, func = work.need(step.module, "select"), work.need(step.module, "func")
    session = work.session(step.receiver, step.module)
    work.answer(step.call, "execute", "scalar_one")
    before = f"{session}.execute({select}({func}.count()).select_from("
    enclose(work.edits(step.module), step.receiver, before, ".subquery()", ")).scalar_one()", step.call)


def convert_exists(work: Work, step: Step) -> None:
    """``q.exists()``: ``EXISTS (SELECT 1 ...)`` instead of all the entity's columns."""
    if step.call.args or step.call.keywords:
        raise LeaveError("exists() with arguments", step.call)
    edits, source = work.edits(step.module), step.module.source
    site = work.group.site_below(step.receiver)
    names = {call.func.attr for call in steps_down(step.receiver) if isinstance(call.func, ast.Attribute)}
    if (
        site is not None
        and len(site.args) == 1
        and is_scalar(work.group.shape(site))
        and names <= AS_SELECTED | {"query"}
        and len(work.group.sites) == 1
        and list(work.group.calls("exists")) == [step]
        and work.group.names <= AS_SELECTED
    ):
        select = work.need(step.module, "select")
        edits.replace(source.start(site), source.end(site.func), f"{select}(1).select_from")
        work.replaced_sites.add(site)
        return
    start = source.start(step.call)
    text = "with_only_columns(1, maintain_column_froms=True)."
    if start < name_start(source, step.attribute):
        edits.insert(name_start(source, step.attribute), text)


def convert_embedded(work: Work, step: Step) -> None:
    """``subquery``, ``scalar_subquery``, ``as_scalar``, ``cte`` and ``label``: ``select`` has them too."""
    if any(keyword.arg in ("with_labels", "reduce_columns", None) for keyword in step.call.keywords):
        raise LeaveError(f"{step.name}() with labels or reduced columns", step.call)
    if step.name == "subquery" and len(step.call.args) > 1:
        raise LeaveError("subquery() with labels or reduced columns", step.call)
    if step.name == "as_scalar":
        source = step.module.source
        work.edits(step.module).replace(
            name_start(source, step.attribute), source.end(step.attribute), "scalar_subquery"
        )


def convert_statement(work: Work, attribute: ast.Attribute, module: Module) -> None:
    """``q.statement``: the query is one now."""

    source = module.source
    start = source.end(attribute.value)
    gap = source.text[start : source.end(attribute)]
    without_comments(source, start, source.end(attribute), attribute)
    work.edits(module).replace(start, source.end(attribute), ")" * gap.count(")"))

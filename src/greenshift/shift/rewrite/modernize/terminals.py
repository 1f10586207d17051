"""``all``, ``first``, ``one``, ``one_or_none``, ``scalar``: executed by the session, unpacked as ``Query`` did."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import COLUMN
from greenshift.shift.rewrite.modernize.group import LeaveError, Step, is_scalar
from greenshift.shift.rewrite.modernize.layout import enclose
from greenshift.shift.rewrite.modernize.lists import is_given_as_list
from greenshift.shift.rewrite.modernize.uniqueness import needs_unique
from greenshift.shift.rewrite.modernize.work import Work

AGGREGATES = {"count", "sum", "min", "max", "avg"}
KEEPS_ONE_ROW = {"filter", "where", "filter_by", "join", "outerjoin", "select_from", "scalar"}


def convert_fetch(work: Work, step: Step) -> None:
    """``q.all()``, ``q.one()`` and ``q.one_or_none()``."""
    _without_arguments(step)
    if step.name == "all" and is_given_as_list(work, step.call):
        # What a result gives is a list, but is typed as a Sequence.
        work.edits(step.module).wrap(step.call, "list(", ")")
    work.execute(step.receiver, step.module, f".{step.name}()", replaced=step.call)


def convert_first(work: Work, step: Step) -> None:
    """``q.first()``: ``Query`` puts ``LIMIT 1`` on top of what the query is, unless its text was given."""
    _without_arguments(step)
    inside = "" if "from_statement" in work.group.names else ".limit(1)"
    work.execute(step.receiver, step.module, ".first()", inside=inside, replaced=step.call, limited_to_one=bool(inside))


def convert_scalar(work: Work, step: Step) -> None:
    """``q.scalar()``: the first column of the only row, None without a row; several rows are an error."""
    _without_arguments(step)
    group = work.group
    shape = group.shape(step.receiver)
    session = work.session(step.receiver, step.module)
    unique = ".unique()" if needs_unique(group, step.receiver) else ""
    between = ["unique"] if unique else []
    if is_scalar(shape):
        work.answer(step.call, "scalars", *between, "one_or_none")
        enclose(
            work.edits(step.module), step.receiver, f"{session}.scalars(", "", f"){unique}.one_or_none()", step.call
        )
        return
    if unique and len(shape) > 1:
        raise LeaveError("scalar() of rows of which Query removed duplicates", step.call)
    ending = ".scalar_one()" if shape == (COLUMN,) and _is_one_row(work, step) else ".scalar_one_or_none()"
    work.answer(step.call, "execute", *between, ending.strip(".()"))
    enclose(work.edits(step.module), step.receiver, f"{session}.execute(", "", f"){unique}{ending}", step.call)


def _without_arguments(step: Step) -> None:
    if step.call.args or step.call.keywords:
        raise LeaveError(f"{step.name}() with arguments", step.call)


def _is_one_row(work: Work, step: Step) -> bool:
    """Whether a query gives exactly one row whatever the tables hold: an aggregate of all rows, or EXISTS alone."""
    site = work.group.site_below(step.receiver)
    if site is None or len(site.args) != 1:
        return False
    expression = site.args[0]
    if work.group.names <= {"scalar"} and _is_exists(expression):
        return True
    return work.group.names <= KEEPS_ONE_ROW and _is_aggregate(expression)


def _is_exists(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "exists"


def _is_aggregate(node: ast.expr) -> bool:
    """Whether an expression is ``func.count(...)`` or such, bare or with a label or a default around it."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if node.func.attr in AGGREGATES:
        function = node.func.value
        return (function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")) == "func"
    if node.func.attr == "label":
        return _is_aggregate(node.func.value)
    return node.func.attr == "coalesce" and bool(node.args) and _is_aggregate(node.args[0])

"""Methods that build a query up: most are the same on ``select``."""

from __future__ import annotations

import ast
from collections.abc import Callable

from greenshift.shift.project import Class
from greenshift.shift.rewrite.modernize.group import SAME, Group, LeaveError, Step
from greenshift.shift.rewrite.modernize.joins import convert_filter_by, convert_join
from greenshift.shift.rewrite.modernize.layout import name_start, without_comments
from greenshift.shift.rewrite.modernize.uniqueness import EAGER
from greenshift.shift.rewrite.modernize.work import Work

NEW_NAMES = {"with_entities": "with_only_columns", "add_column": "add_columns", "add_entity": "add_columns"}


def _same(work: Work, step: Step) -> None:
    if step.name == "params" and "update" in work.group.names | {work.group.verb}:
        raise LeaveError("params() of an update", step.call)


def _renamed(work: Work, step: Step) -> None:
    source = step.module.source
    if step.name == "add_entity" and len(step.call.args) != 1:
        raise LeaveError("add_entity() with an alias", step.call)
    work.edits(step.module).replace(
        name_start(source, step.attribute), source.end(step.attribute), NEW_NAMES[step.name]
    )


def _option(work: Work, step: Step) -> None:
    """``yield_per(n)``, ``populate_existing()`` and ``autoflush(b)`` are options of the execution."""
    source, edits = step.module.source, work.edits(step.module)
    if step.call.keywords or len(step.call.args) > 1:
        raise LeaveError(f"{step.name}() with further arguments", step.call)
    edits.replace(name_start(source, step.attribute), source.end(step.attribute), "execution_options")
    if step.call.args:
        edits.insert_before(step.call.args[0], f"{step.name}=")
    else:
        value = "True" if step.name == "populate_existing" else None
        if value is None:
            raise LeaveError(f"{step.name}() without arguments", step.call)
        edits.insert(source.end(step.call) - 1, f"{step.name}={value}")


def _eager_loads(work: Work, step: Step) -> None:
    """``enable_eagerloads(False)`` says nothing inside a subquery, or where nothing is loaded by a join."""
    group = work.group
    parents = group.context.kinds.parents
    attribute = parents.get(step.call)
    inside = isinstance(attribute, ast.Attribute) and attribute.attr in ("subquery", "scalar_subquery", "cte", "exists")
    if not inside and _may_join(group):
        raise LeaveError("enable_eagerloads() where something may be loaded by a join", step.call)
    source = step.module.source
    start = source.end(step.receiver)
    without_comments(source, start, source.end(step.call), step.call)
    gap = source.text[start : name_start(source, step.attribute)]
    work.edits(step.module).replace(start, source.end(step.call), ")" * gap.count(")"))


def _may_join(group: Group) -> bool:
    if any(word in ast.dump(one) for step in group.calls("options") for one in step.call.args for word in EAGER):
        return True
    classes = group.context.kinds.classes
    entities = group.entities()
    if "entity" in entities:
        relevant = [cls for cls in group.context.project.classes if classes.is_model(cls)]
    else:
        relevant = [one for one in entities if isinstance(one, Class)]
    return any(
        relationship.lazy not in (None, "select", "selectin", "dynamic", "subquery", "raise", "raise_on_sql", "noload")
        for cls in relevant
        for one in [cls, *classes.below(cls)]
        for relationship in classes.relationships(one).values()
    )


BUILDING: dict[str, Callable[[Work, Step], None]] = {
    **dict.fromkeys(SAME, _same),
    **dict.fromkeys(NEW_NAMES, _renamed),
    "join": convert_join,
    "outerjoin": convert_join,
    "filter_by": convert_filter_by,
    "yield_per": _option,
    "populate_existing": _option,
    "autoflush": _option,
    "enable_eagerloads": _eager_loads,
}

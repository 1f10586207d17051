"""Has every relationship loaded before it is read."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.names import last_name
from greenshift.shift.kinds.values import ClassValue
from greenshift.shift.loading import Loading
from greenshift.shift.loading.analysis import Reader
from greenshift.shift.loading.dynamic import dynamic_queries
from greenshift.shift.loading.paths import EAGER, is_return
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.local_refreshes import refresh_in_tests
from greenshift.shift.rewrite.prepare.model_loading import load_with_model
from greenshift.shift.rewrite.prepare.row_factories import load_in_factories
from greenshift.shift.rewrite.prepare.statement_options import StatementOptions
from greenshift.shift.rewrite.prepare.unproved import plan_loading

MOST_LISTED = 3


def load_before_reading(context: Context) -> None:
    """Add loader options, refreshes, or ``lazy="selectin"`` on models, as the user chose.

    What ``--loading awaitable`` has awaited stays as it is here: the flip writes it.

    Args:
        context: The stage's context.
    """
    plan = plan_loading(context)
    if plan is None:
        return
    StatementOptions(context, plan.with_model).write(plan.loading)
    plan.constructed.write(plan.with_model)
    refresh_in_tests(context, plan.loading)
    load_in_factories(context, plan.loading)
    _list_special(context, plan.loading)
    for module, call, reason in plan.loading.unseen:
        context.leave(module, call, "template", f"{reason}: what it reads must be loaded before")
    filled = _filled_by_statements(context)
    for relationship, readers in plan.with_model.items():
        if relationship.lazy not in EAGER:
            returns = relationship in plan.loading.returns
            is_held = returns and any(is_return(context.kinds.classes, one, relationship) for one in filled)
            _load_with_model(context, relationship, readers, returns, "immediate" if is_held else "selectin")


def _filled_by_statements(context: Context) -> list[Relationship]:
    """Return the relationships that a statement fills with its own rows: ``contains_eager(Exam.attempts)``.

    Such a statement mostly has ``populate_existing``, and ``selectin`` hands that on: the statement that leads back
    would load the parents anew, without what was filled in. ``immediate`` takes them as the session holds them.
    """
    classes = context.kinds.classes
    return [
        classes.relationships(value.cls)[argument.attr]
        for module in context.project.modules
        for call in context.kinds.calls(module)
        if last_name(call.func) == "contains_eager"
        for argument in call.args
        if isinstance(argument, ast.Attribute)
        for value in context.kinds.values(argument.value)
        if isinstance(value, ClassValue) and argument.attr in classes.relationships(value.cls)
    ]


def _load_with_model(
    context: Context, relationship: Relationship, readers: list[Reader], returns: bool, lazy: str
) -> None:
    done = load_with_model(context, relationship, returns, lazy)
    name = f"{relationship.cls.name}.{relationship.name}"
    what = f'the model loads it with every query (lazy="{lazy}")' if done else "it must be loaded before it is read"
    proved = "is read" if context.options.loading == "model" else "is read of an instance whose statement is not known"
    for module, node in list(dict.fromkeys(readers))[:MOST_LISTED]:
        context.leave(module, node, "lazy load", f"{name} {proved}: {what}")
    context.count("loaded with the model" if done else "lazy loads left")


def _list_special(context: Context, loading: Loading) -> None:
    # What is sent where it is read the flip puts into a bridge.
    sent = {query.read for query in dynamic_queries(context.kinds)}
    for relationship, readers in loading.special.items():
        name = f"{relationship.cls.name}.{relationship.name}"
        for module, node in readers:
            if node not in sent:
                context.leave(
                    module, node, "lazy load", f'{name} is lazy="{relationship.lazy}": reading it needs a statement'
                )

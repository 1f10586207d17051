"""Relationships whose reads cannot all be traced to a statement, and what becomes of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.colour.barriers import barrier
from greenshift.shift.colour.reach import in_reach
from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.session_origins import has_only_async_sessions
from greenshift.shift.loading import Loading, analyse
from greenshift.shift.loading.analysis import Reader
from greenshift.shift.loading.paths import EAGER
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.constructed import Constructed
from greenshift.shift.rewrite.prepare.statement_options import StatementOptions

Readers = dict[Relationship, list[Reader]]


@dataclass
class LoadingPlan:
    """What is loaded how.

    Attributes:
        loading: What is read, and where it comes from.
        constructed: What is loaded of constructed instances.
        with_model: Relationships that their model is to load with every query, each with who reads it.
        awaited: Relationships that are to be awaited where they are read (``--loading awaitable``), with these places.
    """

    loading: Loading
    constructed: Constructed
    with_model: Readers
    awaited: Readers


def plan_loading(context: Context) -> LoadingPlan | None:
    """Decide how every relationship that is read gets loaded; write nothing.

    Args:
        context: The stage's context.

    Returns:
        None where the application is async already: its authors saw to the loading.
    """
    if has_only_async_sessions(context.project, context.kinds):
        return None
    loading = analyse(context.kinds, context.options.kept)
    unproved: Readers = dict(loading.unproved)
    if context.options.loading == "model":
        _add(unproved, loading.read)
    constructed = Constructed(context)
    _add(unproved, constructed.plan(loading))
    for _ in range(len(loading.read)):
        failed = StatementOptions(context, unproved).plan(loading)
        if set(failed) <= set(unproved):
            break
        _add(unproved, failed)
    awaited: Readers = {}
    if context.options.loading == "awaitable":
        awaited = {
            one: readers
            for one, readers in unproved.items()
            if one.lazy not in EAGER and all(_can_await(context, *reader) for reader in readers)
        }
    with_model = {one: readers for one, readers in unproved.items() if one not in awaited}
    return LoadingPlan(loading, constructed, with_model, awaited)


def _can_await(context: Context, module: object, node: ast.AST) -> bool:
    """Whether a read can become ``await instance.awaitable_attrs.name`` where it stands."""
    unit = context.kinds.unit(node)
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and isinstance(unit, Function)
        and not unit.is_lambda
        and in_reach(context.project, unit.module)
        and (unit.is_async or barrier(context.kinds, unit) is None)
    )


def _add(into: Readers, found: Readers) -> None:
    for relationship, readers in found.items():
        into.setdefault(relationship, []).extend(readers)

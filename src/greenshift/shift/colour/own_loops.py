"""Sync functions that run coroutines in an event loop which they make themselves: they go on doing that."""

from __future__ import annotations

import ast

from greenshift.shift.colour.call_graph import Edge
from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.project import Function

NEW_LOOP = "asyncio.new_event_loop"
RUNS = "run_until_complete"


def runs_in_own_loop(kinds: Kinds, edge: Edge) -> bool:
    """Whether a call's coroutine is given to a loop that the function around it has made.

    Args:
        kinds: The analysis.
        edge: The call of a function that was async before.
    """
    caller, parent = edge.caller, kinds.parents.get(edge.node)
    if not isinstance(caller, Function) or caller.is_async or caller.module.is_test:
        return False
    if not edge.targets or not all(one.is_async for one in edge.targets):
        return False
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Attribute) or parent.func.attr != RUNS:
        return False
    calls = (node for node in own_nodes(caller.node) if isinstance(node, ast.Call))
    return any(kinds.library_name(caller.module, node.func) == NEW_LOOP for node in calls)

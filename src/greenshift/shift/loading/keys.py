"""Which instances the application gets by key."""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import ClassValue, Instance, Session
from greenshift.shift.loading.columns import columns_of
from greenshift.shift.project import Class

GETTING = {"get", "get_one"}


def got_by_key(kinds: Kinds) -> set[str] | None:
    """The names of classes whose instances the application gets by key, other than by a call that may turn a select.

    Args:
        kinds: The analysis of the project.

    Returns:
        The names, of those with relationships; None where they are all, or it is not known which they are.
    """
    found = set[Class]()
    for module in kinds.project.modules:
        for call in [] if module.is_test else kinds.calls(module):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in GETTING or not call.args:
                continue
            if not kinds.is_a(call.func.value, Session):
                continue
            entities = {value.cls for value in kinds.values(call.args[0]) if isinstance(value, ClassValue)}
            entities |= {value.cls for value in kinds.values(call) if isinstance(value, Instance)}
            if not entities:
                return None
            keys = [one for cls in entities for one in columns_of(kinds.classes, cls).values() if one.is_key]
            if len(entities) > 1 or len(keys) != 1 or len(call.args) != 2 or call.keywords:
                found |= entities
    related = [one for module in kinds.project.modules for one in module.classes if kinds.classes.relationships(one)]
    kept = {one.name for one in related if found.intersection(kinds.classes.line(one))}
    return None if kept and len(kept) == len({one.name for one in related}) else kept

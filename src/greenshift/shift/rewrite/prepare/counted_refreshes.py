"""``session.refresh.assert_called_once_with(user)``: a mock counts the refreshes that the application got."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.values import Session, is_mock
from greenshift.shift.rewrite.context import Context

LOOSER = {"assert_called_once_with": "assert_any_call", "assert_called_once": "assert_called"}
REFRESHED = ("refreshed relationships", "refreshed after commit")


def loosen_counts(context: Context) -> None:
    """Have tests ask whether a mocked session was told to refresh, not whether that was all.

    Args:
        context: The stage's context; the refreshes are written already.
    """
    if not any(context.counts.get(name) for name in REFRESHED):
        return
    kinds = context.kinds
    for module in context.project.modules:
        if not module.is_test:
            continue
        for call in kinds.calls(module):
            method = call.func
            if not isinstance(method, ast.Attribute) or method.attr not in LOOSER:
                continue
            mocked = method.value
            if not isinstance(mocked, ast.Attribute) or mocked.attr != "refresh":
                continue
            if not any(is_mock(value) or isinstance(value, Session) for value in kinds.values(mocked.value)):
                continue
            if method.attr.endswith("_with") and len(call.args) + len(call.keywords) != 1:
                # It asks for a refresh by name, of the application's own.
                continue
            end = module.source.end(method)
            context.edits(module).replace(end - len(method.attr), end, LOOSER[method.attr])
            reason = "the application refreshes more than once now: this asks for one refresh of several"
            context.leave(module, call, "mock", reason)

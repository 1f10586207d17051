"""Libraries that have a sync and an async form of the calls by which they run what is registered with them.

Which of the registered functions a call runs is not followed: where one of them is async, the sync form refuses.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import ExternalInstance
from greenshift.shift.project import Function, Module


@dataclass(frozen=True, slots=True)
class Dispatch:
    """How a library runs registered functions.

    Attributes:
        handlers: Decorators of the functions that its calls run.
        around: Decorators of the functions that run when its context manager is entered and left.
        renamed: Its sync calls, and what their async form is called.
        entered: Its context managers, for ``with`` as well as for ``async with``.
    """

    handlers: frozenset[str]
    around: frozenset[str]
    renamed: dict[str, str]
    entered: frozenset[str]


DISPATCHES = {
    # https://lato.readthedocs.io: `execute` of an async handler or callback raises, `execute_async` awaits both kinds.
    "lato": Dispatch(
        handlers=frozenset({"handler", "transaction_middleware"}),
        around=frozenset({"on_enter_transaction_context", "on_exit_transaction_context"}),
        renamed={
            "call": "call_async",
            "execute": "execute_async",
            "publish": "publish_async",
            "emit": "publish_async",
            "begin": "begin_async",
            "end": "end_async",
        },
        entered=frozenset({"transaction_context"}),
    )
}


class Registered:
    """What a project registers with such libraries.

    Args:
        kinds: The analysis.
    """

    def __init__(self, kinds: Kinds) -> None:
        self._kinds = kinds
        self._handlers: dict[str, set[Function]] = {}
        self._around: dict[str, set[Function]] = {}
        self._entered: set[ast.expr] = set()
        libraries = {
            value.name.partition(".")[0]
            for values in kinds.known.values()
            for value in values
            if isinstance(value, ExternalInstance)
        }
        self._dispatches = {name: one for name, one in DISPATCHES.items() if name in libraries}
        if not self._dispatches:
            return
        for function in kinds.project.functions:
            for decorator in function.decorators:
                self._register(function, decorator.func if isinstance(decorator, ast.Call) else decorator)
        for module in kinds.project.modules:
            for statement in module.source.nodes_of(ast.With):
                self._entered.update(item.context_expr for item in statement.items)

    def _register(self, function: Function, decorator: ast.expr) -> None:
        for library, method in self._methods(decorator):
            dispatch = self._dispatches[library]
            if method in dispatch.handlers:
                self._handlers.setdefault(library, set()).add(function)
            if method in dispatch.around:
                self._around.setdefault(library, set()).add(function)

    def _methods(self, node: ast.expr) -> list[tuple[str, str]]:
        if not isinstance(node, ast.Attribute):
            return []
        names = [value.name for value in self._kinds.values(node) if isinstance(value, ExternalInstance)]
        return [(library, node.attr) for name in names if (library := name.partition(".")[0]) in self._dispatches]

    def run_by(self, module: Module, call: ast.Call) -> set[Function]:
        """Return the registered functions that a call may run, or the ``with`` statement that it stands in.

        Args:
            module: Where the call stands.
            call: The call.
        """
        found: set[Function] = set()
        if not self._dispatches:
            return found
        for library, method in self._methods(call.func):
            dispatch = self._dispatches[library]
            around = self._around.get(library, set())
            if method in dispatch.renamed:
                found |= around | self._handlers.get(library, set())
            elif method in dispatch.entered and call in self._entered:
                found |= around
        return found

    def async_name(self, call: ast.Call) -> str | None:
        """Return what the async form of a library's call is called, or None if the call has no other form.

        Args:
            call: The call.
        """
        for library, method in self._methods(call.func):
            if method in self._dispatches[library].renamed:
                return self._dispatches[library].renamed[method]
        return None

"""Colours the application's functions: to the fixed point, through calls, families and callbacks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from greenshift.shift.colour.asking import add_asking_reads
from greenshift.shift.colour.barriers import barrier
from greenshift.shift.colour.bridging import bridge_places, hands_session
from greenshift.shift.colour.call_graph import CallGraph, Edge, call_graph
from greenshift.shift.colour.clients import converts_touch
from greenshift.shift.colour.colours import Colours
from greenshift.shift.colour.entries import is_entry
from greenshift.shift.colour.generators import sync_consumer
from greenshift.shift.colour.imported import moved_statement
from greenshift.shift.colour.lambdas import passes_on
from greenshift.shift.colour.own_loops import runs_in_own_loop
from greenshift.shift.colour.placing import place_awaits
from greenshift.shift.colour.reach import in_reach
from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.touches import Touch
from greenshift.shift.project import Function, Module
from greenshift.shift.project.desktop import desktop_modules, keeps_sessions
from greenshift.shift.project.main_guard import under_main_guard
from greenshift.shift.rewrite.context import Context

SHARED = "it belongs to a desktop program"
KEPT = "the application stays sync"


def colour(context: Context, reads: Mapping[Touch, Relationship] | None = None) -> Colours:
    """Return which functions become async, what is awaited and what is bridged.

    Args:
        context: The flip's context; what cannot be coloured is listed in it.
        reads: Reads of relationships that send a statement, and are to be awaited.
    """
    return _Colouring(context, reads or {}).run()


class _Colouring:
    def __init__(self, context: Context, reads: Mapping[Touch, Relationship]) -> None:
        self.context = context
        self.kinds = context.kinds
        self.desktop = desktop_modules(context.project)
        self.graph: CallGraph = call_graph(self.kinds, self._counts, reads)
        self.colours = Colours(reads=dict(reads))
        self.needs: set[Function] = set()
        self.reasons: dict[Function, str] = {}

    def _counts(self, touch: Touch) -> bool:
        if touch.module in self.desktop:
            # What an async function of it sends stays as it is.
            unit = self.kinds.unit(touch.node)
            return isinstance(unit, Function) and not unit.is_async and touch.what != "client"
        if not in_reach(self.context.project, touch.module) or keeps_sessions(self.context.project, touch.module):
            return False
        return touch.what != "client" or converts_touch(self.context, touch.node)

    def run(self) -> Colours:
        self._spread_need()
        self.colours.answers = add_asking_reads(self.kinds, self.graph, self.needs, self._counts)
        self._spread_need()
        self._find_barriers()
        self._colour_bridged()
        self._colour_async()
        place_awaits(self.context, self.graph, self.colours)
        bridge_places(self.context, self.graph, self.colours, self.reasons)
        self._list_imports()
        return self.colours

    def _spread_need(self) -> None:
        """Which functions send something, themselves or through what they call."""
        stack = [unit for unit in self.graph.touches if isinstance(unit, Function)]
        self.needs.update(stack)
        while stack:
            function = stack.pop()
            if not in_reach(self.context.project, function.module) and function.module not in self.desktop:
                # A function of Alembic's modules stays sync for its callers.
                continue
            for edge in self.graph.callers.get(function, ()):
                caller = edge.caller
                if function.module in self.desktop and not self._reaches_desktop(edge):
                    continue
                if runs_in_own_loop(self.kinds, edge):
                    continue
                if isinstance(caller, Function) and caller not in self.needs:
                    # A decorator's call runs the decorator, not what it returns.
                    self.needs.add(caller)
                    stack.append(caller)

    def _reaches_desktop(self, edge: Edge) -> bool:
        """Whether a call of a desktop program's function makes its caller send something.

        It does in the program itself, and where it is handed a session; what opens its own goes on doing that.
        """
        if edge.module in self.desktop:
            return True
        return not keeps_sessions(self.context.project, edge.module) and hands_session(self.kinds, edge.node)

    def _find_barriers(self) -> None:
        for function in _in_order(self.needs):
            if function.is_async:
                continue
            if function.module in self.desktop:
                self.reasons[function] = SHARED
                continue
            if function.module.file in self.context.options.kept:
                self.reasons[function] = KEPT
                continue
            if is_entry(self.kinds, function):
                self.colours.entries.add(function)
                continue
            reason = None if passes_on(self.kinds, self.graph, self.needs, function) else barrier(self.kinds, function)
            if reason is None and function in self.kinds.generators:
                reason = sync_consumer(self.context, self.graph, function)
            if reason is None and self.context.options.bridge == "all" and self._stays_inside(function):
                reason = "kept sync inside"
            if reason is not None:
                self.reasons[function] = reason
        for edge in self.graph.edges:
            if edge.is_callback:
                for target in _in_order(edge.targets & self.needs):
                    self.reasons.setdefault(target, "called back by a function that cannot await")

    def _stays_inside(self, function: Function) -> bool:
        """Whether a function has callers in the application: frameworks, fixtures and tests call the others."""
        called = any(isinstance(edge.caller, Function) for edge in self.graph.callers.get(function, ()))
        return called and not function.module.is_test and "contextmanager" not in self.kinds.fixtures.traits(function)

    def _colour_bridged(self) -> None:
        """Barriers, and all that they call, stay sync."""
        stack = list(self.reasons)
        self.colours.bridged.update(stack)
        while stack:
            function = stack.pop()
            if function.is_async:
                continue
            for edge in self.graph.calls.get(function, ()):
                for target in _in_order(edge.targets):
                    if target in self.needs and target not in self.colours.bridged and not target.is_async:
                        self.colours.bridged.add(target)
                        self.reasons[target] = f"called by {self.reasons[function]}"
                        if self.reasons[function].startswith("called by"):
                            self.reasons[target] = self.reasons[function]
                        stack.append(target)
            for member in _in_order(self.graph.families.get(function, set())):
                if member in self.needs and member not in self.colours.bridged and not member.is_async:
                    self.colours.bridged.add(member)
                    self.reasons[member] = self.reasons[function]
                    stack.append(member)

    def _colour_async(self) -> None:
        colours = self.colours
        colours.asynchronous = {one for one in self.context.project.functions if one.is_async}
        stack = [one for one in self.needs if one not in colours.bridged and one not in colours.entries]
        colours.asynchronous.update(stack)
        while stack:
            function = stack.pop()
            together = set(self.graph.families.get(function, ()))
            for edge in self.graph.callers.get(function, ()):
                if runs_in_own_loop(self.kinds, edge):
                    continue
                if not edge.is_callback and not edge.by_library and isinstance(edge.node, ast.Call):
                    together |= edge.targets
                caller = edge.caller
                if isinstance(caller, Function):
                    together.add(caller)
            for one in together:
                if one in colours.asynchronous or one in colours.bridged or one in colours.entries:
                    continue
                if one.name == "__init__" or barrier(self.kinds, one) is not None:
                    # It sends nothing itself, and cannot be awaited: it stays as it is.
                    if one not in self.needs and one.name != "__init__" and not one.is_lambda:
                        self.reasons.setdefault(one, barrier(self.kinds, one) or "")
                    continue
                colours.asynchronous.add(one)
                stack.append(one)

    def _list_imports(self) -> None:
        for unit, edges in self.graph.calls.items():
            if not isinstance(unit, Module) or unit in self.desktop:
                continue
            for edge in edges:
                if edge.targets & self.colours.asynchronous & self.needs and isinstance(edge.node, ast.Call):
                    if self._is_moved(edge.node):
                        continue
                    if any(not target.is_async for target in edge.targets):
                        name = min(target.name for target in edge.targets)
                        self.context.leave(
                            unit,
                            edge.node,
                            "import",
                            f"`{name}` is called while the module is imported; it is async now",
                        )
        for unit, found in self.graph.touches.items():
            if isinstance(unit, Module):
                for touch in found:
                    if touch.form != "other" and not self._is_moved(touch.node):
                        self.context.leave(
                            unit, touch.node, "import", "the database is used while the module is imported"
                        )

    def _is_moved(self, node: ast.AST) -> bool:
        """Whether what an import runs goes into a coroutine function: of a script, or of what starts a program."""
        return under_main_guard(node, self.kinds.parents) or moved_statement(self.kinds, node) is not None


def _in_order(functions: AbstractSet[Function]) -> list[Function]:
    """Functions in an order that does not change from run to run: the first reason found is the one that is told."""
    return sorted(functions, key=lambda one: (one.qualified_name, one.place))

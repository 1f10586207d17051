"""What stands in for a function that became async must be awaitable: ``AsyncMock``, or ``async def``."""

from __future__ import annotations

import ast

from greenshift.shift.kinds.touches import SESSION_COROUTINES
from greenshift.shift.kinds.values import FunctionValue, Instance, Session, Value, Values
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import hoist
from greenshift.shift.rewrite.tests.collecting import make_async
from greenshift.shift.rewrite.tests.replaced import Replacement, member, replacement

KIND = "mock"
MOCKS = {"Mock", "MagicMock", "NonCallableMock", "NonCallableMagicMock"}


def convert_stand_ins(context: Context) -> None:
    """Make stand-ins awaitable.

    Args:
        context: The flip's context.
    """
    for module in context.project.modules:
        if not module.is_test:
            continue
        for node in module.source.nodes:
            if isinstance(node, ast.Call):
                found = replacement(context.kinds, module, node)
                if found is not None:
                    _StandIns(context, module).replaced(found)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
                _StandIns(context, module).assigned(node, node.targets[0])


def is_async_now(context: Context, values: Values) -> bool:
    """Whether values are functions that the flip made async, all of them.

    Args:
        context: The flip's context.
        values: The values.
    """
    assert context.colours is not None
    functions = [value.function for value in values if isinstance(value, FunctionValue)]
    return bool(functions) and all(
        one in context.colours.asynchronous and not one.is_async and not _is_wrapped(context, one) for one in functions
    )


def _is_wrapped(context: Context, function: Function) -> bool:
    """Whether calling it gives something else than a coroutine: a context manager or a generator."""
    return function in context.kinds.generators


class _StandIns:
    def __init__(self, context: Context, module: Module) -> None:
        self.context = context
        self.module = module
        self.source = module.source
        self.edits = context.edits(module)

    def replaced(self, found: Replacement) -> None:
        """``patch``, ``patch.object`` and ``monkeypatch.setattr`` of a function that became async."""
        if not found.of_session and not is_async_now(self.context, found.target):
            return
        factory = next((one.value for one in found.call.keywords if one.arg == "new_callable"), None)
        if factory is not None and self.mock_class(factory) in MOCKS:
            self.edits.replace_node(factory, self.async_mock())
        elif found.new is not None:
            self.stand_in(found.new, found.of_class, found.call)

    def assigned(self, node: ast.Assign, target: ast.Attribute) -> None:
        """``service.fetch = Mock()`` on an object of the application, or on a session."""
        values: set[Value] = set()
        for receiver in self.context.kinds.values(target.value):
            if isinstance(receiver, Session) and not receiver.is_async and target.attr in SESSION_COROUTINES:
                self.stand_in(node.value, False, node)
                return
            if isinstance(receiver, Instance):
                values |= member(self.context.kinds, receiver, target.attr)
        methods = frozenset(one for one in values if not self.is_own(one, node.value))
        if is_async_now(self.context, methods):
            self.stand_in(node.value, False, node)

    def is_own(self, value: Value, new: ast.expr) -> bool:
        """Whether a value is the stand-in itself, which the assignment made the attribute's."""
        return isinstance(value, FunctionValue) and value.function in self.context.kinds.references.get(new, ())

    def stand_in(self, new: ast.expr, of_class: bool, place: ast.AST) -> None:
        """Make one stand-in awaitable."""
        kind = self.mock_class(new.func) if isinstance(new, ast.Call) else None
        if kind in MOCKS and isinstance(new, ast.Call):
            self.edits.replace_node(new.func, self.async_mock(new.func))
        elif isinstance(new, ast.Lambda):
            if of_class:
                self.hoist(new, place)
            else:
                self.edits.wrap(new, f"{self.async_mock()}(side_effect=", ")")
        elif isinstance(new, ast.Name):
            self.named(new, of_class, place)

    def named(self, new: ast.Name, of_class: bool, place: ast.AST) -> None:
        """A function of the tests by its name, or a mock made before."""
        functions = self.context.kinds.references.get(new, set())
        own = {one for one in functions if one.module.is_test and not one.is_lambda}
        assert self.context.colours is not None
        if functions and functions <= self.context.colours.asynchronous:
            return
        if own and own == functions:
            if all(self.only_passed_on(one) for one in own):
                for function in own:
                    make_async(self.context, function)
            elif of_class:
                self.context.leave(self.module, place, KIND, f"`{new.id}` stands in for a method that is async now")
            else:
                self.edits.wrap(new, f"{self.async_mock()}(side_effect=", ")")
            return
        made = self.made_before(new)
        if made is not None:
            if self.mock_class(made.func) in MOCKS:
                self.edits.replace_node(made.func, self.async_mock(made.func))
        elif functions:
            self.edits.wrap(new, f"{self.async_mock()}(side_effect=", ")")

    def only_passed_on(self, function: Function) -> bool:
        """Whether a function is never called by hand."""
        kinds = self.context.kinds
        for node in kinds.mentions.get(function, ()):
            parent = kinds.parents.get(node)
            if isinstance(parent, ast.Call) and parent.func is node:
                return False
        return True

    def made_before(self, name: ast.Name) -> ast.Call | None:
        """The call that a name was assigned from in the same function, if there is one only."""
        current: ast.AST | None = name
        while current is not None and not isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            current = self.context.kinds.parents.get(current)
        if current is None:
            return None
        values = [
            node.value
            for node in walk(current)
            if isinstance(node, ast.Assign)
            and any(isinstance(one, ast.Name) and one.id == name.id for one in node.targets)
        ]
        return values[0] if len(values) == 1 and isinstance(values[0], ast.Call) else None

    def hoist(self, new: ast.Lambda, place: ast.AST) -> None:
        """A lambda put on a class needs its ``self``: it becomes a function before the statement."""
        if not hoist(self.context, self.module, new, f"stand_in_{new.lineno}"):
            self.context.leave(self.module, place, KIND, "a lambda stands in for a method that is async now")

    def mock_class(self, node: ast.expr) -> str | None:
        """Return ``Mock``, ``MagicMock``... if an expression is that class of ``unittest.mock`` or of ``mocker``."""
        library = self.context.kinds.library_name(self.module, node) or ""
        if library.startswith(("unittest.mock.", "mock.")):
            return library.rpartition(".")[2]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "mocker":
            return node.attr
        return None

    def async_mock(self, instead_of: ast.expr | None = None) -> str:
        """Return how this place may write ``AsyncMock``."""
        if isinstance(instead_of, ast.Attribute):
            return f"{self.source.segment(instead_of.value)}.AsyncMock"
        return self.context.imports(self.module).need("unittest.mock", "AsyncMock")

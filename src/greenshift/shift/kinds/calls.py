"""Evaluates calls: of functions and classes of the application, of library objects, and of decorators."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from greenshift.shift.kinds.containers import is_container, looked_up_by_call, note_keys, note_provided, provided
from greenshift.shift.kinds.library import call_library, engine_method, result_method, session_method, statement_method
from greenshift.shift.kinds.proxies import contained, note_delegation
from greenshift.shift.kinds.row_factories import made_by
from greenshift.shift.kinds.shapes import shape_of
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    Connection,
    Coroutine,
    Dependency,
    Engine,
    External,
    ExternalInstance,
    FunctionValue,
    Instance,
    Provider,
    Query,
    Result,
    RowMaker,
    Session,
    SessionFactory,
    SessionMethod,
    Statement,
    SuperValue,
    TestClientValue,
    ThreadFunction,
    TupleValue,
    Value,
    Values,
    kept,
)
from greenshift.shift.project import Function
from greenshift.shift.project.desktop import keeps_sessions

if TYPE_CHECKING:
    from greenshift.shift.kinds.cells import Unit
    from greenshift.shift.kinds.inference import Inference
    from greenshift.shift.project import Module

DEPENDS = {"fastapi.Depends", "fastapi.Security", "fastapi.params.Depends", "fastapi_injector.Injected"}
CALLS_ITS_ARGUMENT = {
    "asyncio.run", "anyio.run", "asyncio.to_thread", "fastapi.concurrency.run_in_threadpool",
    "starlette.concurrency.run_in_threadpool", "anyio.to_thread.run_sync",
}  # fmt: skip
MAKES_COROUTINE_FUNCTIONS = {"asgiref.sync.sync_to_async", "asyncer.asyncify"}
"""Functions that make a coroutine function of a sync one, which runs in a thread."""
PARTIAL = {"functools.partial"}
CONSUMING = {"list", "set", "tuple", "sorted", "sum", "any", "all", "max", "min", "dict", "frozenset"}
"""Functions that run through what they are given before they return."""
SYNC_OPERATIONS = {"len": "__len__", "bool": "__bool__", "str": "__str__", "repr": "__repr__", "iter": "__iter__"}


class Calls:
    """The calls of a unit."""

    inference: Inference
    unit: Unit
    module: Module

    if TYPE_CHECKING:

        def expression(self, node: ast.expr) -> Values: ...  # noqa: D102
        def enter(self, node: ast.expr, values: Values) -> Values: ...  # noqa: D102
        def iterate(self, node: ast.expr, values: Values) -> Values: ...  # noqa: D102

    def _call(self, node: ast.Call) -> Values:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and isinstance(self.unit, Function):
            owner = self.unit.owner
            if owner is not None:
                client = self.inference.classes.client_kind(owner)
                clients = {TestClientValue(client == "async", owner.node)} if client is not None else set()
                return frozenset({SuperValue(owner, Instance(owner)), *clients})
        arguments = [(argument, self.expression(argument)) for argument in node.args]
        keywords: dict[str, Values] = {}
        for keyword in node.keywords:
            values = self.expression(keyword.value)
            if keyword.arg is not None:
                keywords[keyword.arg] = values
        method = self._method(node, arguments, keywords)
        if method is not None:
            return method
        found: set[Value] = set()
        for value in self.expression(node.func):
            found |= self.call(node, value, arguments, keywords)
        return frozenset(found | contained(self.inference, self.module, node, frozenset(found), self.unit))

    def _method(
        self, node: ast.Call, arguments: list[tuple[ast.expr, Values]], keywords: dict[str, Values]
    ) -> Values | None:
        """Calls of methods of library objects that the analysis follows."""
        if not isinstance(node.func, ast.Attribute):
            return None
        receivers = self.expression(node.func.value)
        name = node.func.attr
        first = arguments[0][1] if arguments else next(iter(keywords.values()), NOTHING)
        found: set[Value] = set()
        known = False
        for value in receivers:
            result: Values | None = None
            if isinstance(value, Session):
                result = session_method(value, name, node, arguments)
            elif isinstance(value, SessionFactory):
                result = _factory_method(value, name, node, arguments)
            elif isinstance(value, Query | Result):
                result = self._query_method(value, name, arguments)
            elif isinstance(value, Statement):
                result = statement_method(value, name, arguments)
            elif isinstance(value, Engine | Connection):
                result = engine_method(value, name, node, first)
            elif isinstance(value, Collection):
                result = self._collection_method(node.func.value, value, name, first)
            elif isinstance(value, TestClientValue):
                result = NOTHING
            elif isinstance(value, ClassValue):
                result = made_by(self.inference, value.cls, name, node)
            if result is not None:
                known = True
                found |= result
        if known:
            self.inference.unit_of[node.func] = self.unit
        others = {
            value for value in receivers if isinstance(value, Instance | ClassValue | External | ExternalInstance)
        }
        if not known:
            return None
        if others:
            for value in self.expression(node.func):
                found |= self.call(node, value, arguments, keywords)
        return frozenset(found)

    def _query_method(
        self, value: Query | Result, name: str, arguments: list[tuple[ast.expr, Values]]
    ) -> Values | None:
        if isinstance(value, Query) and name in ("with_entities", "add_columns", "add_column", "add_entity"):
            added = shape_of(arguments)
            if name == "with_entities":
                return frozenset({Query(added, value.site)})
            both = None if value.shape is None or added is None else (*value.shape, *added)
            return frozenset({Query(both, value.site)})
        return result_method(value, name)

    def _collection_method(self, node: ast.expr, value: Collection, name: str, first: Values) -> Values | None:
        if name in ("append", "add", "insert", "extend", "appendleft"):
            if isinstance(node, ast.Name) and first:
                grown = Collection(value.of | first)
                self.bind_name(node.id, self.environment.get(node.id, NOTHING) | {grown})
            return NOTHING
        if value.kind == "mapping":
            if name in ("get", "pop", "setdefault"):
                return value.of
            if name == "values":
                return frozenset({Collection(value.of)})
            if name == "items":
                return frozenset({Collection(frozenset({TupleValue((NOTHING, value.of))}))})
            return NOTHING
        if name in ("pop", "popleft"):
            return value.of
        return frozenset({value}) if name in ("copy", "union", "intersection", "difference") else NOTHING

    if TYPE_CHECKING:
        environment: dict[str, Values]

        def bind_name(self, name: str, values: Values) -> None: ...  # noqa: D102

    def call(
        self, node: ast.Call, value: Value, arguments: list[tuple[ast.expr, Values]], keywords: dict[str, Values]
    ) -> Values:
        """Return what calling one value gives."""
        inference = self.inference
        if isinstance(value, FunctionValue):
            inference.note_invocation(node, [value.function])
            return self.invoke(value, arguments, keywords)
        if isinstance(value, ClassValue):
            return self._construct(node, value, arguments, keywords)
        if isinstance(value, SessionFactory):
            return frozenset({Session(value.is_async)})
        if isinstance(value, Instance):
            method = inference.classes.method(value.cls, "__call__")
            if method is None:
                return NOTHING
            inference.note_invocation(node, [method])
            return inference.invoke(FunctionValue(method, value), arguments, keywords, self.unit)
        if isinstance(value, ThreadFunction):
            return frozenset({Coroutine(self.invoke(value.function, arguments, keywords))})
        if isinstance(value, RowMaker):
            return made_by(inference, value.cls, value.method, node) or NOTHING
        if isinstance(value, SessionMethod):
            return session_method(value.session, value.name, node, arguments) or NOTHING
        if isinstance(value, External):
            return self._external(node, value.name, arguments, keywords)
        if isinstance(value, ExternalInstance):
            found = looked_up_by_call(self.inference, value, node, arguments, self.unit)
            return found or frozenset({ExternalInstance(f"{value.name}()")})
        return value.of if isinstance(value, Provider) else NOTHING

    def invoke(
        self, value: FunctionValue, arguments: list[tuple[ast.expr, Values]], keywords: dict[str, Values]
    ) -> Values:
        """Bind a call's arguments, also those that reach a wrapped function through a decorator's ``*arguments``."""
        inference = self.inference
        for origin in inference.cells.read(("wraps", value.function), self.unit):
            if isinstance(origin, FunctionValue):
                wrapped = FunctionValue(origin.function, value.receiver, value.bound)
                inference.invoke(wrapped, arguments, keywords, self.unit)
        return inference.invoke(value, arguments, keywords, self.unit)

    def _external(
        self, node: ast.Call, name: str, arguments: list[tuple[ast.expr, Values]], keywords: dict[str, Values]
    ) -> Values:
        first = arguments[0][1] if arguments else NOTHING
        if name in DEPENDS or name.rpartition(".")[2] in ("Depends", "Security", "Provide"):
            return frozenset({Dependency(first | keywords.get("dependency", NOTHING))})
        if name.rpartition(".")[2] == "cast" and name.startswith("typing") and len(node.args) == 2:
            return self.inference.annotations.values(self.module, node.args[0]) or arguments[1][1]
        if name == "builtins.getattr":
            note_delegation(self.inference, self.unit, first)
        if name in PARTIAL:
            bound = len(arguments) - 1
            found: set[Value] = set()
            for value in first:
                if isinstance(value, FunctionValue):
                    self.invoke(value, arguments[1:], keywords)
                    found.add(FunctionValue(value.function, value.receiver, value.bound + bound))
                else:
                    found.add(value)
            return frozenset(found)
        if name in MAKES_COROUTINE_FUNCTIONS:
            made = frozenset(ThreadFunction(value) for value in first if isinstance(value, FunctionValue))
            return made or frozenset({ExternalInstance(name)})
        if name in CALLS_ITS_ARGUMENT:
            returned: set[Value] = set()
            for value in first:
                if isinstance(value, FunctionValue):
                    returned |= self.invoke(value, arguments[1:], keywords)
                elif hasattr(value, "of"):
                    returned |= value.of
            return frozenset(returned)
        if name in ("builtins.map", "builtins.filter"):
            items: Values = frozenset().union(*(self.iterate(one, values) for one, values in arguments[1:]))
            given: set[Value] = set()
            for value in first:
                if isinstance(value, FunctionValue):
                    given |= self.inference.invoke(value, [(node, items)], {}, self.unit)
            return frozenset({Collection(items if name.endswith("filter") else frozenset(given))})
        if name in ("builtins.sorted", "builtins.max", "builtins.min"):
            for value in keywords.get("key", NOTHING):
                if isinstance(value, FunctionValue):
                    self.inference.invoke(
                        value, [(node, self.iterate(arguments[0][0], first) if arguments else NOTHING)], {}, self.unit
                    )
        if name == "builtins.enumerate":
            items = self.iterate(arguments[0][0], first) if arguments else NOTHING
            return frozenset({Collection(frozenset({TupleValue((NOTHING, items))}))})
        if name == "builtins.zip":
            parts = tuple(self.iterate(one, values) for one, values in arguments)
            return frozenset({Collection(frozenset({TupleValue(parts)}))})
        special = SYNC_OPERATIONS.get(name.removeprefix("builtins."))
        if special is not None:
            for value in first:
                if isinstance(value, Instance):
                    method = self.inference.classes.method(value.cls, special)
                    if method is not None:
                        self.call_implicitly(node, method, value)
            if special != "__iter__":
                return NOTHING
        if name.removeprefix("builtins.") in CONSUMING:
            for value in first:
                method = self.inference.classes.method(value.cls, "__iter__") if isinstance(value, Instance) else None
                if method is not None:
                    self.call_implicitly(node, method, value)  # type: ignore[arg-type]
        known = call_library(name, node, arguments)
        if known is not None and keeps_sessions(self.inference.project, self.module):
            known = kept(known)
        if known is None:
            known = provided(self, node, name, arguments, keywords)
        if known is not None:
            return known
        note_keys(self.inference, name, keywords)
        return frozenset({ExternalInstance(name)})

    def _construct(
        self, node: ast.Call, value: ClassValue, arguments: list[tuple[ast.expr, Values]], keywords: dict[str, Values]
    ) -> Values:
        inference = self.inference
        cls = value.cls
        rows = made_by(inference, cls, "create", node)
        if rows is not None:
            return rows
        instance = Instance(cls, node if inference.classes.is_model(cls) else None)
        for name in ("__init__", "__new__", "__post_init__"):
            method = inference.classes.method(cls, name)
            if method is not None:
                inference.note_invocation(node, [method])
                receiver: Value = Instance(cls)
                inference.invoke(FunctionValue(method, receiver), arguments, keywords, self.unit)
        if inference.classes.method(cls, "__init__") is None:
            fields = [name for one in reversed(inference.classes.line(cls)) for name in one.assignments]
            for (_, values), name in zip(arguments, fields, strict=False):
                inference.cells.write(("attr", cls, name), values)
            for name, values in keywords.items():
                if is_container(inference, cls):
                    values = note_provided(inference, name, values)
                inference.cells.write(("attr", cls, name), values)
        session, client = inference.classes.session_kind(cls), inference.classes.client_kind(cls)
        if client is not None:
            return frozenset({instance, TestClientValue(client == "async", node)})
        return frozenset({instance}) if session is None else frozenset({instance, Session(session == "async")})

    def call_implicitly(self, node: ast.AST, method: Function, receiver: Instance) -> Values:
        """Note a call that is not written as one: a dunder method."""
        self.inference.note_invocation(node, [method])
        return self.inference.invoke(FunctionValue(method, receiver), [], {}, self.unit)

    def decorate(self, node: ast.expr, decorators: Values, values: Values) -> Values:
        """Return what a decorator makes of a function."""
        found: set[Value] = set()
        for decorator in decorators:
            if not isinstance(decorator, FunctionValue):
                continue
            self.inference.note_invocation(node, [decorator.function])
            result = self.inference.invoke(decorator, [(node, values)], {}, self.unit)
            for one in result:
                if isinstance(one, FunctionValue):
                    if one not in values:
                        self.inference.cells.write(("wraps", one.function), values)
                    found.add(one)
        return frozenset(found) or values


def _factory_method(
    value: SessionFactory, name: str, call: ast.Call, arguments: list[tuple[ast.expr, Values]]
) -> Values | None:
    session = Session(value.is_async)
    if name == "begin":
        return session_method(session, "begin", call, arguments)
    if value.is_scoped and name not in ("remove", "configure"):
        return session_method(session, name, call, arguments)
    return NOTHING

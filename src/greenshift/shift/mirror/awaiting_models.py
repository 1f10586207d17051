"""Awaits what models with async methods give: their methods, their lazy attributes, their contexts.

The names in the text are those of the async API already, so each call's function says whether it is awaited. A place of
which that cannot be said is listed.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.mirror.model_types import ModelTypes
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.flip.awaiting import await_expression, write_async_withs

KIND = "model"
ASYNC_MANAGER = "asynccontextmanager"
GENERATORS = ("Iterator", "Iterable", "Generator")


def await_models(context: Context, files: frozenset[str], awaited: frozenset[str]) -> None:
    """Make the tests that use async models async.

    Args:
        context: The context of the whole project, with the tests' names mapped.
        files: The tests' files.
        awaited: Classes whose instances are attributes that must be awaited.
    """
    modules = [one for one in context.project.modules if one.file in files]
    _Awaiting(context, modules, ModelTypes(context.kinds, modules, awaited)).run()


class _Awaiting:
    def __init__(self, context: Context, modules: list[Module], types: ModelTypes) -> None:
        self.context = context
        self.kinds: Kinds = context.kinds
        self.modules = modules
        self.types = types
        self.asynchronous: set[Function] = set()
        self.awaits: dict[ast.expr, Module] = {}
        self.withs: dict[ast.withitem, Module] = {}

    def run(self) -> None:
        names = self._names()
        for module in self.modules:
            for node in module.source.nodes:
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    self._attribute(module, node, names)
        while self._spread():
            pass
        for function in self.asynchronous:
            self._define(function)
        for node, module in self.awaits.items():
            await_expression(self.context, module, node)
        write_async_withs(self.context, self.withs.keys())

    def _names(self) -> set[str]:
        """The names of async methods and lazy attributes of the classes that the tests use."""
        used: set[Class] = set()
        for module in self.modules:
            for node in module.source.nodes:
                if isinstance(node, ast.Name | ast.Attribute) and (cls := self.types.class_named(node)) is not None:
                    used.update(self.kinds.classes.line(cls))
        found = {name for cls in used for name, one in cls.functions.items() if one.is_async and name[:2] != "__"}
        found |= {name for cls in used for name in cls.assignments if self.types.lazy_target(cls, name) is not None}
        return found

    def _attribute(self, module: Module, node: ast.Attribute, names: set[str]) -> None:
        parent = self.kinds.parents.get(node)
        methods = self.types.methods(node)
        if any(one.is_async and "contextmanager" not in self.kinds.fixtures.traits(one) for one in methods):
            if not (isinstance(parent, ast.Call) and parent.func is node):
                self._refuse(module, node, f"`{module.source.segment(node)}` is async, and handed on")
            return
        if any(self.types.lazy_target(cls, node.attr) is not None for cls in self.types.of(node.value)):
            self._await(module, node)
            return
        if node.attr in names and not methods and self._is_unknown(node):
            receiver = module.source.segment(node.value)
            self._refuse(module, node, f"what `{receiver}` is cannot be told: `{node.attr}` may have to be awaited")

    def _is_unknown(self, node: ast.Attribute) -> bool:
        if self.types.of(node.value) or self.types.class_named(node.value) is not None:
            return False
        return not self.types.values(node.value) and not self.types.is_plain(node.value)

    def _spread(self) -> bool:
        """Await the calls of what is async by now; whether there was any new one."""
        before = len(self.awaits) + len(self.withs)
        for module in self.modules:
            for call in module.source.nodes_of(ast.Call):
                functions = self.types.called(call)
                if not any(self._is_async(one) for one in functions):
                    if self._enters_async(call) and (item := self._with_item(call)) is not None:
                        self._enter(module, item)
                    continue
                item = self._with_item(call)
                if any("contextmanager" in self.kinds.fixtures.traits(one) for one in functions):
                    if item is None:
                        self._refuse(module, call, "an async context manager is entered by no `with` of its own")
                    else:
                        self._enter(module, item)
                elif any(one in self.kinds.generators for one in functions):
                    self._refuse(module, call, "an async generator is run through")
                elif not any("fixture" in self.kinds.fixtures.traits(one) for one in functions):
                    self._await(module, call)
        return len(self.awaits) + len(self.withs) > before

    def _is_async(self, function: Function) -> bool:
        return function.is_async or function in self.asynchronous

    def _enters_async(self, call: ast.Call) -> bool:
        cls = self.types.class_named(call.func)
        if cls is None:
            return False
        method = self.kinds.classes.method
        return method(cls, "__aenter__") is not None and method(cls, "__enter__") is None

    def _with_item(self, call: ast.expr) -> ast.withitem | None:
        parent = self.kinds.parents.get(call)
        return parent if isinstance(parent, ast.withitem) else None

    def _await(self, module: Module, node: ast.expr) -> None:
        if isinstance(self.kinds.parents.get(node), ast.Await) or node in self.awaits:
            return
        if self._make_async(module, node):
            self.awaits[node] = module

    def _enter(self, module: Module, item: ast.withitem) -> None:
        if item in self.withs or isinstance(self.kinds.parents.get(item), ast.AsyncWith):
            return
        if self._make_async(module, item.context_expr):
            self.withs[item] = module

    def _make_async(self, module: Module, node: ast.expr) -> bool:
        unit = self.kinds.unit(node)
        if not isinstance(unit, Function):
            self._refuse(module, node, "it is called while the module is imported, where nothing can be awaited")
            return False
        traits = self.kinds.fixtures.traits(unit)
        if unit.is_lambda or "property" in traits or (unit.name[:2] == unit.name[-2:] == "__"):
            what = "a lambda" if unit.is_lambda else f"`{unit.name}`"
            self._refuse(module, node, f"{what} cannot await")
            return False
        if not unit.is_async:
            self.asynchronous.add(unit)
        return True

    def _define(self, function: Function) -> None:
        self.context.edits(function.module).insert_before(function.node, "async ")
        if function in self.kinds.generators:
            self._annotate_generator(function)
        if "contextmanager" not in self.kinds.fixtures.traits(function):
            return
        for decorator in function.decorators:
            name = self.kinds.library_name(function.module, decorator)
            if name == "contextlib.contextmanager":
                bound = self.context.imports(function.module).need("contextlib", ASYNC_MANAGER)
                self.context.edits(function.module).replace_node(decorator, bound)

    def _annotate_generator(self, function: Function) -> None:
        """``Iterator[X]`` is an ``AsyncIterator[X]`` then, and ``Generator[X, Y, Z]`` an ``AsyncGenerator[X, Y]``."""
        returns = getattr(function.node, "returns", None)
        named = returns.value if isinstance(returns, ast.Subscript) else returns
        library, _, name = (
            (self.kinds.library_name(function.module, named) or "").rpartition(".") if named else ("", "", "")
        )
        if named is None or library not in ("collections.abc", "typing") or name not in GENERATORS:
            return
        edits = self.context.edits(function.module)
        edits.replace_node(named, self.context.imports(function.module).need(library, f"Async{name}"))
        parts = (
            returns.slice.elts if isinstance(returns, ast.Subscript) and isinstance(returns.slice, ast.Tuple) else []
        )
        if name == "Generator" and len(parts) == 3:
            source = function.module.source
            edits.replace(source.end(parts[1]), source.end(parts[2]), "")

    def _refuse(self, module: Module, node: ast.AST, reason: str) -> None:
        self.context.leave(module, node, KIND, reason)

"""What an annotation says about a value."""

from __future__ import annotations

import ast
from collections.abc import Callable

from greenshift.shift.kinds.classes import Classes
from greenshift.shift.kinds.names import ExternalName, GlobalName, Names, is_sqlalchemy, last_name
from greenshift.shift.kinds.proxies import is_proxy, library_objects
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    Connection,
    ContextManager,
    Coroutine,
    Dependency,
    Engine,
    ExternalInstance,
    Instance,
    Query,
    Session,
    SessionFactory,
    Statement,
    TestClientValue,
    Value,
    Values,
    kept,
)
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.desktop import keeps_sessions
from greenshift.shift.project.traversal import children

ITERABLES = {
    "list", "List", "set", "Set", "frozenset", "FrozenSet", "Sequence", "Iterable", "Iterator", "Collection", "deque",
    "AsyncIterator", "AsyncIterable", "Generator", "AsyncGenerator", "MutableSequence", "Page", "Deque",
}  # fmt: skip
MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"}
TRANSPARENT = {"Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "Mapped", "InstrumentedAttribute"}


class Annotations:
    """Evaluates annotations.

    Args:
        names: The project's names.
        evaluate: Evaluates an expression of a module (for ``Annotated[..., Depends(...)]``).
        dependency: What a dependency gives.
    """

    def __init__(
        self,
        names: Names,
        classes: Classes,
        evaluate: Callable[[Module, ast.expr], Values],
        dependency: Callable[[Dependency], Values],
    ) -> None:
        self.names = names
        self._classes = classes
        self._evaluate = evaluate
        self._dependency = dependency
        self._active: set[tuple[str, str]] = set()

    def values(self, module: Module, node: ast.expr | None) -> Values:
        """Return what a value with this annotation is."""
        if node is None:
            return NOTHING
        found = self._values(module, node)
        return kept(found) if keeps_sessions(self.names.project, module) else found

    def _values(self, module: Module, node: ast.expr) -> Values:
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                try:
                    return self.values(module, ast.parse(node.value, mode="eval").body)
                except SyntaxError:
                    return NOTHING
            return NOTHING
        if isinstance(node, ast.BinOp):
            return self.values(module, node.left) | self.values(module, node.right)
        if isinstance(node, ast.Subscript):
            return self._subscript(module, node)
        if isinstance(node, ast.Name | ast.Attribute):
            return self._named(module, node)
        return NOTHING

    def _named(self, module: Module, node: ast.expr) -> Values:
        target = self.names.resolve(module, node)
        if target is None and isinstance(node, ast.Name):
            nested = next((cls for cls in module.classes if cls.name == node.id), None)
            return frozenset({Instance(nested)}) if nested is not None else NOTHING
        if isinstance(target, Class):
            client = self._classes.client_kind(target)
            found = {TestClientValue(client == "async", target.node)} if client is not None else set()
            return frozenset({Instance(target), *found})
        if isinstance(target, GlobalName):
            return self._alias(target)
        if isinstance(target, ExternalName):
            return self._external(target.name, node)
        return NOTHING

    def _external(self, name: str, node: ast.expr) -> Values:
        if is_sqlalchemy(name, "Session", "scoped_session"):
            return frozenset({Session(False)})
        if is_sqlalchemy(name, "AsyncSession", "async_scoped_session"):
            return frozenset({Session(True)})
        if is_sqlalchemy(name, "Engine", "AsyncEngine"):
            return frozenset({Engine(name.endswith("AsyncEngine"))})
        if is_sqlalchemy(name, "Connection", "AsyncConnection"):
            return frozenset({Connection(name.endswith("AsyncConnection"))})
        if is_sqlalchemy(name, "Transaction", "RootTransaction", "NestedTransaction"):
            return frozenset({ContextManager(frozenset({Connection(False)}), opens="connection.begin")})
        if is_sqlalchemy(name, "sessionmaker", "async_sessionmaker"):
            return frozenset({SessionFactory(name.endswith("async_sessionmaker"))})
        if is_sqlalchemy(name, "Query"):
            return frozenset({Query(None, node)})
        if is_sqlalchemy(name, "Select", "SelectOfScalar"):
            return frozenset({Statement("select", None, node)})
        last = name.rpartition(".")[2]
        if last == "TestClient":
            return frozenset({TestClientValue(False)})
        if name == "httpx.AsyncClient":
            return frozenset({TestClientValue(True)})
        if name.startswith(("typing.", "typing_extensions.")):
            return NOTHING  # Any and its kin say nothing.
        return frozenset({ExternalInstance(name)})

    def _alias(self, target: GlobalName) -> Values:
        """A name bound to an annotation (``SessionDep = Annotated[...]``) or to a ``TypeVar``."""
        key = (target.module.name, target.name)
        if key in self._active:
            return NOTHING
        self._active.add(key)
        try:
            found: Values = NOTHING
            for node in target.module.source.tree.body:
                value = None
                if (
                    isinstance(node, ast.Assign)
                    and any(isinstance(one, ast.Name) and one.id == target.name for one in node.targets)
                ) or (
                    isinstance(node, ast.AnnAssign)
                    and isinstance(node.target, ast.Name)
                    and node.target.id == target.name
                ):
                    value = node.value
                elif type(node).__name__ == "TypeAlias" and getattr(node, "name").id == target.name:  # noqa: B009
                    # `type X = ...` of Python 3.12, which 3.11 does not know.
                    value = getattr(node, "value")  # noqa: B009
                if value is None:
                    continue
                if isinstance(value, ast.Call):
                    for keyword in value.keywords:
                        if keyword.arg == "bound":
                            found |= self.values(target.module, keyword.value)
                else:
                    found |= self.values(target.module, value)
            return found
        finally:
            self._active.discard(key)

    def _subscript(self, module: Module, node: ast.Subscript) -> Values:
        name = last_name(node.value)
        arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Annotated":
            found = self.values(module, arguments[0])
            for extra in arguments[1:]:
                for value in self._evaluate(module, extra):
                    if isinstance(value, Dependency):
                        found |= self.dependency(module, value, arguments[0])
            return found
        if name in TRANSPARENT:
            return frozenset().union(*(self.values(module, one) for one in arguments))
        if name in ITERABLES:
            return frozenset({Collection(self.values(module, arguments[0]))})
        if name in ("tuple", "Tuple"):
            return frozenset({Collection(frozenset().union(*(self.values(module, one) for one in arguments)))})
        if name in MAPPINGS and len(arguments) > 1:
            return frozenset({Collection(self.values(module, arguments[1]), "mapping")})
        if name in ("type", "Type"):
            inner = self.values(module, arguments[0])
            return frozenset(ClassValue(value.cls) for value in inner if isinstance(value, Instance))
        if name in ("ContextManager", "AbstractContextManager"):
            return frozenset({ContextManager(self.values(module, arguments[0]))})
        if name in ("Awaitable", "Coroutine"):
            return frozenset({Coroutine(self.values(module, arguments[-1]))})
        if name == "Callable":
            returned = self.values(module, arguments[-1]) if len(arguments) > 1 else NOTHING
            if any(isinstance(value, Session) for value in returned):
                return frozenset(SessionFactory(value.is_async) for value in returned if isinstance(value, Session))
            return NOTHING
        if not isinstance(node.value, ast.Name | ast.Attribute):
            return NOTHING
        found = self._named(module, node.value)
        if any(isinstance(value, Instance) and is_proxy(self._classes, value.cls) for value in found):
            found |= library_objects(frozenset().union(*(self.values(module, one) for one in arguments)))
        return found

    def dependency(self, module: Module, value: Dependency, annotation: ast.expr | None) -> Values:
        """Return what a parameter with this dependency receives; ``Depends()`` takes the annotation's class."""
        if value.calls:
            return self._dependency(value)
        found: set[Value] = set()
        for one in self.values(module, annotation):
            if isinstance(one, Instance):
                found |= self._dependency(Dependency(frozenset({ClassValue(one.cls)})))
        return frozenset(found)


def is_generator(function: Function) -> bool:
    """Whether a function's own body yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function.node))


def own_nodes(node: ast.AST) -> list[ast.AST]:
    """Return the nodes of a function's or module's own body: not those of functions and classes defined inside."""
    found: list[ast.AST] = []
    body: object = getattr(node, "body", [])
    stack: list[ast.AST] = list(body) if isinstance(body, list) else [body]  # type: ignore[list-item]
    while stack:
        current = stack.pop()
        found.append(current)
        if isinstance(current, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        stack.extend(children(current))
    return found

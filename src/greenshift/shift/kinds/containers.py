"""Containers of dependencies: dependency-injector's, and what is looked up in a library's by a class or a name."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Connection,
    Engine,
    External,
    ExternalInstance,
    FunctionValue,
    Instance,
    Provided,
    Provider,
    Session,
    SessionFactory,
    Value,
    Values,
    is_mock,
)

if TYPE_CHECKING:
    from greenshift.shift.kinds.calls import Calls
    from greenshift.shift.kinds.cells import Unit
    from greenshift.shift.kinds.inference import Inference
    from greenshift.shift.project import Class

PROVIDERS = "dependency_injector.providers."
MAKING = {
    "Factory", "Singleton", "ThreadSafeSingleton", "ThreadLocalSingleton", "ContextLocalSingleton", "Resource",
    "Callable", "Coroutine", "AbstractFactory", "AbstractSingleton", "AbstractCallable", "DelegatedFactory",
    "DelegatedSingleton", "DelegatedCallable", "ThreadSafeResource",
}  # fmt: skip
"""Providers that call their first argument with the others."""
INJECTED = {"dependency_injector.wiring.Provide", "dependency_injector.wiring.Closing"}
LOOKUPS = {"get", "resolve", "get_dependency", "get_service", "get_instance"}
"""Methods that give what is kept under a class or a name."""
WITHOUT_KEYS = {"builtins", "os", "sqlalchemy", "sqlmodel", "typing", "typing_extensions", "unittest", "mock"}
"""Libraries whose objects are no containers of dependencies."""


def is_container(inference: Inference, cls: Class) -> bool:
    """Whether a class is a container of dependency-injector's.

    Args:
        inference: The analysis.
        cls: The class.
    """
    return any(name.endswith("containers.DeclarativeContainer") for name in inference.classes.externals(cls))


def provided(
    calls: Calls,
    node: ast.Call,
    name: str,
    arguments: list[tuple[ast.expr, Values]],
    keywords: Mapping[str, Values],
) -> Values | None:
    """Return the provider that a call of ``providers.Singleton`` and its kin makes; None for any other call.

    Args:
        calls: The evaluation in which the call stands.
        node: The call.
        name: The dotted name of what is called.
        arguments: Its positional arguments.
        keywords: Its keyword arguments.
    """
    if not name.startswith(PROVIDERS):
        return None
    last = name.removeprefix(PROVIDERS)
    first = arguments[0][1] if arguments else NOTHING
    if last == "Dependency":
        declared = [keyword.value for keyword in node.keywords if keyword.arg == "instance_of"] or node.args[:1]
        annotations = calls.inference.annotations
        return frozenset({Provider(frozenset().union(*(annotations.values(calls.module, one) for one in declared)))})
    if last == "Object":
        return frozenset({Provider(first)})
    given = [(one, injected(values)) for one, values in arguments[1:]]
    named = {key: injected(values) for key, values in keywords.items()}
    if last == "Container":
        return frozenset().union(*(calls.call(node, value, given, named) for value in first))
    if last not in MAKING:
        return None
    found: set[Value] = set()
    for value in first:
        if isinstance(value, FunctionValue):
            result = calls.invoke(value, given, named)
            found |= calls.inference.given(value.function, calls.unit) if last == "Resource" else result
        else:
            found |= calls.call(node, value, given, named)
    return frozenset({Provider(frozenset(found))})


def injected(values: Values) -> Values:
    """Return what arguments receive that are given as providers.

    Args:
        values: The values as they are written.
    """
    found: set[Value] = set()
    for value in values:
        found |= value.of if isinstance(value, Provider | Provided) else {value}
    return frozenset(found)


def note_provided(inference: Inference, name: str, values: Values) -> Values:
    """Remember what a container gives under a name, and return it as its provider.

    Args:
        inference: The analysis.
        name: The name.
        values: Providers, or what takes the place of one.
    """
    inference.cells.write(("key", name), _services(inference, injected(values)))
    if not values or any(isinstance(value, Provider) for value in values):
        return values
    return frozenset({Provider(values)})


def note_keys(inference: Inference, name: str, keywords: Mapping[str, Values]) -> None:
    """Remember what a library's class is given by name: its objects may be asked for it by the same name.

    Args:
        inference: The analysis.
        name: The dotted name of what is called.
        keywords: The keyword arguments.
    """
    library = name.partition(".")[0]
    if library in WITHOUT_KEYS:
        return
    for key, values in keywords.items():
        kept = _services(inference, values)
        if kept:
            inference.cells.write(("key", library, key), kept)


def note_attribute(inference: Inference, receiver: ExternalInstance, name: str, values: Values) -> None:
    """Remember what is assigned to an attribute of a library's object: ``app.state.engine = engine``.

    Args:
        inference: The analysis.
        receiver: The object.
        name: The attribute.
        values: What is assigned.
    """
    if not is_mock(receiver):
        inference.cells.write(attribute_cell(receiver, name), values)


def attribute_cell(receiver: ExternalInstance, name: str) -> tuple[str, str, str]:
    """Return the cell of an attribute of a library's objects; an application's state is one, however it is reached.

    Args:
        receiver: The object.
        name: The attribute.
    """
    owner = receiver.name
    if owner.endswith(".state"):
        is_application = owner.endswith((".app.state", ".FastAPI.state", ".Starlette.state"))
        owner = "application.state" if is_application else "request.state"
    return ("external attribute", owner, name)


def looked_up(
    inference: Inference, receiver: External | ExternalInstance, key: ast.expr, values: Values, reader: Unit
) -> Values:
    """Return what ``receiver[key]`` is: an instance of the class that is the key, or what is kept under the name.

    Args:
        inference: The analysis.
        receiver: What is asked.
        key: The key as it is written.
        values: The key's values.
        reader: Who asks.
    """
    if isinstance(receiver, External):
        return values if receiver.name in INJECTED else NOTHING
    library = receiver.name.partition(".")[0]
    if library in WITHOUT_KEYS:
        return NOTHING
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        cells = inference.cells
        return cells.read(("key", key.value), reader) | cells.read(("key", library, key.value), reader)
    classes = [value.cls for value in values if isinstance(value, ClassValue)]
    return frozenset(Instance(cls) for cls in classes if not inference.classes.is_model(cls))


def looked_up_by_call(
    inference: Inference,
    function: ExternalInstance,
    node: ast.Call,
    arguments: list[tuple[ast.expr, Values]],
    reader: Unit,
) -> Values:
    """Return what ``container.resolve(key)`` and its kin give.

    Args:
        inference: The analysis.
        function: The method.
        node: The call.
        arguments: Its positional arguments.
        reader: Who asks.
    """
    receiver, _, method = function.name.rpartition(".")
    if method not in LOOKUPS or len(arguments) != 1 or node.keywords or is_mock(function):
        return NOTHING
    return looked_up(inference, ExternalInstance(receiver), *arguments[0], reader)


def _services(inference: Inference, values: Values) -> Values:
    """Of values, those that a database is reached through."""
    return frozenset(
        value
        for value in values
        if isinstance(value, Session | SessionFactory | Engine | Connection)
        or (isinstance(value, Instance) and not inference.classes.is_model(value.cls))
    )

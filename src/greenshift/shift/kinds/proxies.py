"""Proxies of the application: objects that hand every attribute on to a value that they are given later."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from greenshift.shift.kinds.values import (
    NOTHING,
    Connection,
    ContextManager,
    Engine,
    Instance,
    Session,
    SessionFactory,
    Value,
    Values,
)
from greenshift.shift.project import Class, Function
from greenshift.shift.project.traversal import walk

if TYPE_CHECKING:
    from greenshift.shift.kinds.cells import Unit
    from greenshift.shift.kinds.classes import Classes
    from greenshift.shift.kinds.inference import Inference
    from greenshift.shift.project import Module

LIBRARIES = {"ObjectProxy", "CallableObjectProxy", "BaseObjectProxy", "AutoObjectProxy", "LocalProxy", "Proxy"}
"""Names of the proxies of wrapt, werkzeug and lazy-object-proxy."""
WRAPPED = "__wrapped__"
"""The attribute by which proxies give what they stand for."""


def is_proxy(classes: Classes, cls: Class) -> bool:
    """Whether instances of a class stand for another object.

    Args:
        classes: The class hierarchies.
        cls: The class.
    """
    if classes.is_model(cls):
        return False
    return classes.method(cls, "__getattr__") is not None or any(
        name.rpartition(".")[2] in LIBRARIES for name in classes.externals(cls)
    )


def contained(inference: Inference, module: Module, node: ast.Call, made: Values, reader: Unit) -> Values:
    """Return what a proxy that a call makes stands for.

    The call's types may say it: ``Proxy[Session]()``, ``Proxy[Session].of(Session)``, ``Proxy(Session)``. If they do
    not, what ``__getattr__`` asks for the attribute does.

    Args:
        inference: The analysis.
        module: Where the call stands.
        node: The call.
        made: What it gives.
        reader: Whose body it stands in.
    """
    proxies = [one.cls for one in made if isinstance(one, Instance) and is_proxy(inference.classes, one.cls)]
    if not proxies:
        return NOTHING
    types = [one.slice for one in walk(node.func) if isinstance(one, ast.Subscript)]
    types += [one for one in node.args if isinstance(one, ast.Name | ast.Attribute)]
    found: Values = NOTHING
    for one in types:
        found |= library_objects(inference.annotations.values(module, one))
    if not found:
        for cls in proxies:
            for base in inference.classes.line(cls):
                found |= inference.cells.read(("proxied", base), reader)
    return found


def note_delegation(inference: Inference, unit: Unit, values: Values) -> None:
    """Note what ``__getattr__`` of a class hands attributes on to: ``getattr(current.get(), name)``.

    Args:
        inference: The analysis.
        unit: The function in which ``getattr`` is called.
        values: What it is called with.
    """
    if isinstance(unit, Function) and unit.name == "__getattr__" and unit.owner is not None:
        inference.cells.write(("proxied", unit.owner), library_objects(values))


def library_objects(values: Values) -> Values:
    """Return those of the values that are SQLAlchemy's own and become async.

    Args:
        values: The values.
    """
    return frozenset(one for one in values if _is_library_object(one))


def _is_library_object(value: Value) -> bool:
    begun = isinstance(value, ContextManager) and value.opens is not None
    return begun or isinstance(value, Session | SessionFactory | Engine | Connection)

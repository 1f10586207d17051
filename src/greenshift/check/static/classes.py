"""Attributes of classes of the program and of their instances: fields, ``self.x``, properties, settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from greenshift.check.facts.symbol import Symbol
from greenshift.check.facts.value import Value
from greenshift.check.source.source_file import FunctionNode
from greenshift.check.static import calls, flow, settings
from greenshift.check.static.merging import union, unknown
from greenshift.check.static.objects import Arguments, ClassObject, Frame, FunctionObject, Instance

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

_PROPERTIES: Final = (
    "property",
    "cached_property",
    "computed_field",
    "hybrid_property",
    "classproperty",
    "lazy_property",
)
# Classes whose annotated fields are what their constructor takes.
_FIELDED: Final = ("dataclass", "dataclasses.dataclass", "attr.s", "attrs.define", "attr.define", "define", "frozen")


def lineage(evaluator: Evaluator, cls: ClassObject) -> list[ClassObject]:
    """Return a class and the classes of the program that it inherits from, nearest first.

    Args:
        evaluator: evaluates the bases.
        cls: the class.
    """
    return [item for item in _bases(evaluator, cls, set()) if isinstance(item, ClassObject)]


def base_names(evaluator: Evaluator, cls: ClassObject) -> list[str]:
    """Return the dotted names of the library classes that a class inherits from, through others or not."""
    return [item.name for item in _bases(evaluator, cls, set()) if isinstance(item, Symbol)]


def _bases(evaluator: Evaluator, cls: ClassObject, seen: set[int]) -> Iterator[Any]:
    if id(cls.node) in seen:
        return
    seen.add(id(cls.node))
    yield cls
    frame = evaluator.frame_of(cls.file, cls.node)
    for base in cls.node.bases:
        for option in evaluator.evaluate(base, frame).options:
            if isinstance(option.value, ClassObject):
                yield from _bases(evaluator, option.value, seen)
            else:
                yield option.value


def methods(cls: ClassObject) -> dict[str, FunctionNode]:
    """Return the functions of a class's own body, by name."""
    return {node.name: node for node in _statements(cls.node) if isinstance(node, FunctionNode)}


def _statements(cls: ast.ClassDef) -> Iterator[ast.stmt]:
    for statement in cls.body:
        yield statement
        for block in ("body", "orelse"):
            if isinstance(statement, ast.If | ast.Try):
                yield from getattr(statement, block)


def decorators(node: FunctionNode | ast.ClassDef) -> list[str]:
    """Return the last names of a definition's decorators."""
    found = []
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.append(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return found


def class_attribute(evaluator: Evaluator, cls: ClassObject, name: str) -> Value:
    """Return what an attribute of a class is.

    Args:
        evaluator: evaluates what it is assigned.
        cls: the class.
        name: the attribute's name.
    """
    for owner in lineage(evaluator, cls):
        method = methods(owner).get(name)
        if method is not None:
            return _method(evaluator, owner, method, Value.of(cls))
        found = in_body(evaluator, owner, name)
        if found is not None:
            return found
    written = _assigned(evaluator, cls, name, Value.of(cls), ("cls", cls.node.name))
    return written if written is not None else unknown(f"{cls.node.name} has no {name} that is known")


def in_body(evaluator: Evaluator, cls: ClassObject, name: str) -> Value | None:
    """Return what a name of a class's own body is; None if it is not assigned there."""
    return flow.whole(evaluator, cls.node.body, name, evaluator.frame_of(cls.file, cls.node))


def _method(evaluator: Evaluator, owner: ClassObject, method: FunctionNode, receiver: Value) -> Value:
    marks = decorators(method)
    outer = evaluator.frame_of(owner.file, owner.node)
    bound = None if "staticmethod" in marks else receiver
    function = FunctionObject(owner.file, method, outer if outer.function is not None else None, bound)
    if any(mark in _PROPERTIES for mark in marks):
        return calls.returned(evaluator, function, Arguments())
    return Value.of(function)


def instance_attribute(evaluator: Evaluator, instance: Instance, name: str) -> Value:
    """Return what an attribute of an instance is.

    Args:
        evaluator: evaluates what it is assigned.
        instance: the instance.
        name: the attribute's name.
    """
    owners = lineage(evaluator, instance.of)
    receiver = Value.of(instance)
    for owner in owners:
        method = methods(owner).get(name)
        if method is not None:
            return _method(evaluator, owner, method, receiver)
    if instance.variables is not None or settings.is_settings(evaluator, instance.of):
        return settings.field(evaluator, instance, owners, name)
    given = _constructed(evaluator, instance, owners, name)
    if given is not None:
        return given
    for owner in owners:
        written = _assigned(evaluator, owner, name, receiver, ("self",))
        inside = in_body(evaluator, owner, name)
        if written is not None:
            return union([value for value in (inside, written) if value is not None])
        if inside is not None:
            return settings.default_of(evaluator, owner, name) or inside
    return unknown(f"{instance.of.node.name} has no {name} that is known")


def _constructed(evaluator: Evaluator, instance: Instance, owners: list[ClassObject], name: str) -> Value | None:
    """Return what the constructor of a dataclass or model is given for a field."""
    if instance.arguments is None or any("__init__" in methods(owner) for owner in owners):
        return None
    fields = [
        statement.target.id
        for owner in reversed(owners)
        for statement in owner.node.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    if name not in fields:
        return None
    return instance.arguments.get(fields.index(name), name)


def _assigned(
    evaluator: Evaluator, cls: ClassObject, name: str, receiver: Value, prefixes: tuple[str, ...]
) -> Value | None:
    """Return what the methods of a class assign to an attribute of ``self``."""
    found: list[Value] = []
    for method in methods(cls).values():
        first = method.args.posonlyargs + method.args.args
        starts = {*prefixes[1:], first[0].arg} if first else set(prefixes[1:])
        for start in starts:
            path = f"{start}.{name}"
            if not evaluator.bindings.indexes(method.body, path):
                continue
            frame = _method_frame(evaluator, cls, method, receiver)
            value = flow.whole(evaluator, method.body, path, frame)
            # Where a method only changes it (``self.options["a"] = 1``), what it is then is not followed.
            found.append(value if value is not None else unknown("a method changes it"))
    return union(found) if found else None


def _method_frame(evaluator: Evaluator, cls: ClassObject, method: FunctionNode, receiver: Value) -> Frame:
    generic = evaluator.frame(cls.file, method)
    known = receiver.known
    if method.name == "__init__" and isinstance(known, Instance) and known.arguments is not None:
        function = FunctionObject(cls.file, method, generic.outer, receiver)
        return evaluator.bound_frame(function, known.arguments)
    return generic


def indexed(evaluator: Evaluator, instance: Instance, key: Any) -> Value:
    """Return what ``instance[key]`` is: the return of its ``__getitem__``."""
    for owner in lineage(evaluator, instance.of):
        method = methods(owner).get("__getitem__")
        if method is not None:
            function = FunctionObject(owner.file, method, None, Value.of(instance))
            return calls.returned(evaluator, function, Arguments((Value.of(key),)))
    return unknown("an item of something else")

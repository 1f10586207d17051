"""What reading an attribute gives, by the kind of its receiver."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from greenshift.shift.kinds.cells import Unit
from greenshift.shift.kinds.containers import attribute_cell
from greenshift.shift.kinds.library import SESSION_COROUTINES
from greenshift.shift.kinds.names import PackageName
from greenshift.shift.kinds.proxies import WRAPPED, library_objects
from greenshift.shift.kinds.row_factories import makes_rows
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    ContextManager,
    External,
    ExternalInstance,
    FunctionValue,
    Instance,
    ModuleValue,
    Provided,
    Provider,
    Row,
    RowMaker,
    Session,
    SessionFactory,
    SessionMethod,
    SuperValue,
    TupleValue,
    Value,
    Values,
)
from greenshift.shift.project import Class, Function

if TYPE_CHECKING:
    from greenshift.shift.kinds.inference import Inference

LONGEST_PATH = 4
COLUMN_ATTRIBUTE = ExternalInstance("sqlalchemy.orm.InstrumentedAttribute")


def attribute_of(inference: Inference, receiver: Value, name: str, node: ast.AST, reader: Unit) -> Values:
    """Return what ``receiver.name`` is; property getters are noted as called."""
    if isinstance(receiver, Instance):
        return _of_instance(inference, receiver, name, node, reader)
    if isinstance(receiver, ClassValue):
        return _of_class(inference, receiver, name, reader)
    if isinstance(receiver, ModuleValue):
        module = inference.project.module_named(receiver.name)
        if module is not None:
            found = inference.global_value(module, name, reader)
            if found:
                return found
            target = inference.names.member(receiver.name, name, module)
            return inference.target_value(target, reader) if isinstance(target, PackageName) else NOTHING
        dotted = f"{receiver.name}.{name}"
        if inference.project.is_package(dotted):
            found_module = inference.project.module_named(dotted)
            return frozenset({ModuleValue(found_module.name if found_module else dotted)})
        return NOTHING
    if isinstance(receiver, External):
        return frozenset({External(f"{receiver.name}.{name}")})
    if isinstance(receiver, ExternalInstance):
        assigned = inference.cells.read(attribute_cell(receiver, name), reader)
        return assigned or frozenset({ExternalInstance(f"{receiver.name}.{name}")})
    if isinstance(receiver, SuperValue):
        for cls in inference.classes.line(receiver.cls)[1:]:
            if name in cls.functions:
                return _bound(inference, cls.functions[name], receiver.receiver, receiver.cls, node, reader)
        return NOTHING
    if name == WRAPPED and library_objects(frozenset({receiver})):
        return frozenset({receiver})
    if isinstance(receiver, Row):
        return _of_row(receiver, name)
    if isinstance(receiver, Session):
        if name == "no_autoflush":
            return frozenset({ContextManager(frozenset({receiver}))})
        if name == "sync_session":
            return frozenset({Session(False)})
        return frozenset({SessionMethod(receiver, name)}) if name in SESSION_COROUTINES else NOTHING
    if isinstance(receiver, Provider):
        return frozenset({Provided(receiver.of)}) if name == "provided" else NOTHING
    if isinstance(receiver, Provided):
        made = (attribute_of(inference, one, name, node, reader) for one in receiver.of)
        return frozenset({Provided(frozenset().union(*made))})
    if isinstance(receiver, SessionFactory) and receiver.is_scoped and name in ("session_factory", "registry"):
        return frozenset({receiver})
    return NOTHING


def _of_row(row: Row, name: str) -> Values:
    for part in row.shape:
        if not isinstance(part, str) and part.name == name:
            return frozenset({Instance(part, row.site)})
    return NOTHING


def _of_instance(inference: Inference, receiver: Instance, name: str, node: ast.AST, reader: Unit) -> Values:
    classes = inference.classes
    relationship = classes.relationships(receiver.cls).get(name) if classes.is_model(receiver.cls) else None
    if relationship is not None:
        if relationship.target is None:
            return NOTHING
        path = (*receiver.path, name) if len(receiver.path) < LONGEST_PATH else receiver.path
        item: Values = frozenset({Instance(relationship.target, receiver.site, path)})
        return frozenset({Collection(item)}) if relationship.is_collection else item
    method = classes.method(receiver.cls, name)
    if method is not None:
        return _bound(inference, method, receiver, receiver.cls, node, reader)
    found: Values = NOTHING
    for cls in classes.line(receiver.cls):
        found |= inference.cells.read(("attr", cls, name), reader)
        if name in cls.assignments:
            annotation, _ = cls.assignments[name]
            found |= inference.annotations.values(cls.module, annotation)
            found |= inference.cells.read(("classattr", cls, name), reader)
    if not found:
        for cls in classes.below(receiver.cls):
            found |= inference.cells.read(("attr", cls, name), reader)
            found |= inference.cells.read(("classattr", cls, name), reader)
            inherited = classes.method(cls, name)
            if inherited is not None:
                found |= _bound(inference, inherited, Instance(cls), cls, node, reader)
    return found


def _bound(
    inference: Inference, method: Function, receiver: Value | None, cls: Class, node: ast.AST, reader: Unit
) -> Values:
    traits = inference.fixtures.traits(method)
    overriding = inference.classes.overriding(cls, method.name) if isinstance(receiver, Instance) else []
    if "property" in traits:
        inference.note_invocation(node, [method, *overriding])
        if receiver is not None and method.parameters:
            inference.cells.write(("param", method, method.parameters[0].name), frozenset({receiver}))
        return frozenset().union(*(inference.result(one, reader) for one in (method, *overriding)))
    if "staticmethod" in traits:
        return inference.function_value(method, reader)
    bound_to: Value | None = ClassValue(cls) if "classmethod" in traits else receiver
    found: set[Value] = set()
    for one in (method, *overriding):
        for value in inference.function_value(one, reader):
            if isinstance(value, FunctionValue):
                if one is not method and isinstance(bound_to, Instance) and one.owner is not None:
                    found.add(FunctionValue(value.function, Instance(one.owner)))
                elif value.function is one or value.function.parameters:
                    found.add(FunctionValue(value.function, bound_to))
            else:
                found.add(value)
    return frozenset(found)


def _of_class(inference: Inference, receiver: ClassValue, name: str, reader: Unit) -> Values:
    cls = receiver.cls
    method = inference.classes.method(cls, name)
    if method is not None:
        traits = inference.fixtures.traits(method)
        if "property" in traits:
            return NOTHING
        found: set[Value] = set()
        for value in inference.function_value(method, reader):
            if isinstance(value, FunctionValue) and "classmethod" in traits:
                found.add(FunctionValue(value.function, ClassValue(cls)))
            else:
                found.add(value)
        return frozenset(found)
    if makes_rows(inference.classes, cls, name):
        return frozenset({RowMaker(cls, name)})
    values: Values = NOTHING
    for one in inference.classes.line(cls):
        values |= inference.cells.read(("classattr", one, name), reader)
    if inference.classes.is_model(cls):
        # Columns and relationships of the class itself are expressions, not what they hold.
        kept = frozenset(value for value in values if isinstance(value, Session | SessionFactory | TupleValue))
        declared = any(name in one.assignments for one in inference.classes.line(cls))
        return kept or (frozenset({COLUMN_ATTRIBUTE}) if declared and not name.startswith("__") else NOTHING)
    return values


def element_values(values: Values) -> Values:
    """Return what one element of collections of a sequence is."""
    return frozenset().union(*(one.of for one in values if isinstance(one, Collection)))

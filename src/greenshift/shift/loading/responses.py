"""Where instances are handed to Pydantic: routes' answers, ``model_validate``, nested fields."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.names import last_name
from greenshift.shift.kinds.values import ClassValue, Instance, Statement, Values
from greenshift.shift.loading.paths import Path, instances_in, sited
from greenshift.shift.loading.schemas import Schemas
from greenshift.shift.project import Class, Function, Module
from greenshift.shift.project.traversal import walk

ROUTE_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "trace", "api_route", "route", "websocket"}
VALIDATIONS = {"model_validate", "from_orm", "parse_obj", "validate", "validate_python"}


@dataclass(frozen=True, slots=True)
class Handover:
    """An instance of which a Pydantic model reads relationships.

    Attributes:
        instance: The instance.
        paths: What is read.
        module: Where it happens.
        node: The expression or function.
    """

    instance: Instance
    paths: frozenset[Path]
    module: Module
    node: ast.AST


def handovers(kinds: Kinds, schemas: Schemas) -> Iterator[Handover]:
    """Yield every place where a Pydantic model is filled from instances.

    Args:
        kinds: The analysis of the project.
        schemas: The project's Pydantic models.
    """
    for module in kinds.project.modules:
        for function in module.functions:
            answer = answer_annotation(function)
            if answer is not None:
                yield from _route(kinds, schemas, function, answer)
    for one in fillings(kinds, schemas):
        yield from _given(kinds, schemas, one.module, one.place, kinds.values(one.value), one.into)


@dataclass(frozen=True, slots=True)
class Filling:
    """A call that fills Pydantic models from a value.

    Attributes:
        call: The call.
        module: Where it stands.
        place: What stands for it in lists: the call, or the argument.
        value: The expression that is given.
        into: The models.
    """

    call: ast.Call
    module: Module
    place: ast.expr
    value: ast.expr
    into: list[Class]


def fillings(kinds: Kinds, schemas: Schemas) -> Iterator[Filling]:
    """Yield the calls that fill Pydantic models: ``model_validate`` and its kin, constructors.

    Args:
        kinds: The analysis of the project.
        schemas: The project's Pydantic models.
    """
    for module in kinds.project.modules:
        for call in kinds.calls(module):
            yield from _validation(kinds, schemas, module, call)
            yield from _construction(kinds, schemas, module, call)


def _given(
    kinds: Kinds, schemas: Schemas, module: Module, node: ast.AST, values: Values, into: list[Class]
) -> Iterator[Handover]:
    plain: list[Instance] = []
    mapped: list[Instance] = []
    for instance, inside_mapping in instances_in(values):
        if kinds.classes.is_model(instance.cls):
            (mapped if inside_mapping else plain).append(instance)
    nested = [one for schema in into for one in schemas.nested(schema)]
    yield from _each(kinds, schemas, module, node, sited(iter(mapped)), [*nested, *into])
    yield from _each(kinds, schemas, module, node, sited(iter(plain)), into)


def _each(
    kinds: Kinds, schemas: Schemas, module: Module, node: ast.AST, instances: list[Instance], into: list[Class]
) -> Iterator[Handover]:
    for instance in instances:
        paths: set[Path] = set()
        for schema in into:
            paths |= schemas.paths(instance.cls, schema)
        if paths:
            yield Handover(instance, frozenset(paths), module, node)


def answer_annotation(function: Function) -> ast.expr | None:
    """Return the annotation of a route's answer: ``response_model``, or what it is declared to return.

    Args:
        function: The function; None is returned for one that is no route.
    """
    for decorator in function.decorators:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        if decorator.func.attr not in ROUTE_METHODS:
            continue
        for keyword in decorator.keywords:
            if keyword.arg == "response_model":
                return keyword.value
        return None if function.is_lambda else function.node.returns  # type: ignore[union-attr]
    return None


def _route(kinds: Kinds, schemas: Schemas, function: Function, answer: ast.expr) -> Iterator[Handover]:
    into = schemas.in_annotation(function.module, answer)
    if not into:
        return
    values = kinds.result(function)
    yield from _given(kinds, schemas, function.module, function.node, values, into)
    for node in walk(function.node):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        value = node.value.value if isinstance(node.value, ast.Await) else node.value
        if isinstance(value, ast.Call) and not any(True for _ in instances_in(kinds.values(value))):
            # paginate(session, statement) and the like: a library runs the statement.
            for argument in [*value.args, *(keyword.value for keyword in value.keywords)]:
                for statement in kinds.values(argument):
                    if isinstance(statement, Statement) and statement.verb == "select":
                        for part in statement.shape or ():
                            if not isinstance(part, str):
                                instance = Instance(part, statement.site)
                                yield from _each(kinds, schemas, function.module, node, [instance], into)


def _validation(kinds: Kinds, schemas: Schemas, module: Module, call: ast.Call) -> Iterator[Filling]:
    if isinstance(call.func, ast.Name) and call.func.id == "parse_obj_as" and len(call.args) > 1:
        yield Filling(call, module, call, call.args[1], schemas.in_annotation(module, call.args[0]))
        return
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in VALIDATIONS or not call.args:
        return
    receiver = call.func.value
    into = [
        value.cls for value in kinds.values(receiver) if isinstance(value, ClassValue) and schemas.is_schema(value.cls)
    ]
    if isinstance(receiver, ast.Call) and receiver.args and last_name(receiver.func) == "TypeAdapter":
        into = schemas.in_annotation(module, receiver.args[0])
    elif isinstance(receiver, ast.Subscript):
        into = schemas.in_annotation(module, receiver)
    if into:
        yield Filling(call, module, call, call.args[0], into)


def _construction(kinds: Kinds, schemas: Schemas, module: Module, call: ast.Call) -> Iterator[Filling]:
    """``Page(items=instances)``: the nested fields read the instances."""
    if not call.keywords:
        return
    classes = [
        value.cls for value in kinds.values(call.func) if isinstance(value, ClassValue) and schemas.is_schema(value.cls)
    ]
    arguments: list[Class] = []
    if isinstance(call.func, ast.Subscript):
        arguments = schemas.in_annotation(module, call.func)
        target = kinds.names.resolve(module, call.func.value)
        classes = [target] if isinstance(target, Class) and schemas.is_schema(target) else classes
    for schema in classes:
        for keyword in call.keywords:
            if keyword.arg is None:
                continue
            into = [*schemas.field(schema, keyword.arg), *arguments]
            if into:
                yield Filling(call, module, keyword.value, keyword.value, into)

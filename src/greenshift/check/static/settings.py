"""Settings classes: fields that variables of the environment fill, with defaults, aliases, prefixes and validators."""

from __future__ import annotations

import ast
import dataclasses
from typing import TYPE_CHECKING, Final

from greenshift.check.facts.value import Option, Value
from greenshift.check.source.source_file import FunctionNode
from greenshift.check.static import calls, classes, flow
from greenshift.check.static.merging import mapped, unknown, with_variable
from greenshift.check.static.objects import Arguments, ClassObject, DictObject, FunctionObject, Instance
from greenshift.check.static.variables import converted

if TYPE_CHECKING:
    from greenshift.check.static.evaluation import Evaluator

_VALIDATORS: Final = ("validator", "field_validator")
_NUMBERS: Final = {"int": "int", "float": "float", "bool": "bool", "PositiveInt": "int", "NonNegativeInt": "int"}


def is_settings(evaluator: Evaluator, cls: ClassObject) -> bool:
    """Return whether a class is filled from the environment (pydantic's ``BaseSettings``)."""
    return any(
        name.rpartition(".")[2].endswith("BaseSettings")
        and name.partition(".")[0] in ("pydantic", "pydantic_settings", "fastapi_utils")
        for name in classes.base_names(evaluator, cls)
    )


def field(evaluator: Evaluator, instance: Instance, owners: list[ClassObject], name: str) -> Value:
    """Return what a field of settings is: what a variable says, else its default.

    Args:
        evaluator: evaluates the defaults, and knows the environment.
        instance: the settings.
        owners: the class and those that it inherits from.
        name: the field's name.
    """
    if instance.arguments is not None and name in instance.arguments.keywords:
        return instance.arguments.keywords[name]
    for owner in owners:
        declared = _declaration(owner, name)
        if declared is None:
            continue
        found = _filled(evaluator, instance, owners, owner, declared, name)
        return _validated(evaluator, instance, owners, name, found)
    return unknown(f"{instance.of.node.name} has no {name} that is known")


def _filled(
    evaluator: Evaluator,
    instance: Instance,
    owners: list[ClassObject],
    owner: ClassObject,
    declared: ast.stmt,
    name: str,
) -> Value:
    variables = _variables(evaluator, instance, owners, owner, declared, name)
    kind = _annotation(declared)
    for variable in variables:
        given = _given(evaluator, variable)
        if given is not None:
            return converted(Value.of(given), _NUMBERS.get(kind, ""))
    default = default_of(evaluator, owner, name)
    nested = _nested(evaluator, owner, declared, default)
    if nested is not None:
        return mapped(
            nested,
            lambda item: (
                Instance(item.of, item.arguments, f"{variables[0]}__")
                if isinstance(item, Instance) and not is_settings(evaluator, item.of)
                else item
            ),
        )
    if default is None:
        return unknown(f"the variable {variables[0]} says it")
    return with_variable(default, variables[0])


def _given(evaluator: Evaluator, variable: str) -> str | None:
    environment = evaluator.project.environment
    if variable in environment:
        return environment[variable]
    wanted = variable.upper()
    return next((value for name, value in environment.items() if name.upper() == wanted), None)


def _declaration(owner: ClassObject, name: str) -> ast.stmt | None:
    for statement in owner.node.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            if statement.target.id == name:
                return statement
        elif isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        ):
            return statement
    return None


def _annotation(declared: ast.stmt) -> str:
    annotation = declared.annotation if isinstance(declared, ast.AnnAssign) else None
    if isinstance(annotation, ast.BinOp):  # ``int | None``
        annotation = annotation.left
    if isinstance(annotation, ast.Subscript):  # ``Optional[int]``
        annotation = annotation.slice
    if isinstance(annotation, ast.Attribute):
        return annotation.attr
    return annotation.id if isinstance(annotation, ast.Name) else ""


def default_of(evaluator: Evaluator, owner: ClassObject, name: str) -> Value | None:
    """Return the default of a class's field, ``Field(...)`` and ``field(...)`` looked into; None if it has none.

    Args:
        evaluator: evaluates it.
        owner: the class.
        name: the field's name.
    """
    declared = _declaration(owner, name)
    if declared is None:
        return None
    written = declared.value if isinstance(declared, ast.AnnAssign | ast.Assign) else None
    if written is None:
        return None
    call = _field_call(owner, written)
    if call is None:
        return evaluator.evaluate(written, evaluator.frame_of(owner.file, declared))
    arguments = evaluator.arguments(call, evaluator.frame_of(owner.file, declared))
    factory = arguments.keywords.get("default_factory") or arguments.keywords.get("factory")
    if factory is not None:
        return calls.call_value(evaluator, factory, Arguments())
    default = arguments.get(0, "default")
    if default is None or any(option.value == "..." for option in default.options):
        return None
    return None if default.unknown and not default.options and _is_ellipsis(call) else default


def _is_ellipsis(call: ast.Call) -> bool:
    given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "default")]
    return any(isinstance(item, ast.Constant) and item.value is Ellipsis for item in given)


def _field_call(owner: ClassObject, written: ast.expr) -> ast.Call | None:
    if isinstance(written, ast.Call):
        name = owner.file.name(written.func) or ""
        if name.rpartition(".")[2] in ("Field", "field", "ib", "attrib"):
            return written
    return None


def _variables(
    evaluator: Evaluator,
    instance: Instance,
    owners: list[ClassObject],
    owner: ClassObject,
    declared: ast.stmt,
    name: str,
) -> list[str]:
    """Return the names of the variables that fill a field, the first that counts first."""
    found: list[str] = []
    written = declared.value if isinstance(declared, ast.AnnAssign | ast.Assign) else None
    call = _field_call(owner, written) if written is not None else None
    if call is not None:
        arguments = evaluator.arguments(call, evaluator.frame_of(owner.file, declared))
        for key in ("validation_alias", "env", "alias"):
            given = arguments.keywords.get(key)
            for option in given.options if given is not None else ():
                if isinstance(option.value, str):
                    found.append(option.value)
                elif isinstance(option.value, tuple):
                    found.extend(part.known for part in option.value if isinstance(part.known, str))
    if found:
        return found
    prefix = instance.variables if instance.variables is not None else _prefix(evaluator, owners)
    return [f"{prefix}{name}".upper()]


def _prefix(evaluator: Evaluator, owners: list[ClassObject]) -> str:
    for owner in owners:
        configured = classes.in_body(evaluator, owner, "model_config")
        for option in configured.options if configured is not None else ():
            if isinstance(option.value, DictObject) and "env_prefix" in option.value.entries:
                return str(option.value.entries["env_prefix"].known or "")
        inner = classes.in_body(evaluator, owner, "Config")
        for option in inner.options if inner is not None else ():
            if isinstance(option.value, ClassObject):
                prefix = classes.in_body(evaluator, option.value, "env_prefix")
                if prefix is not None:
                    return str(prefix.known or "")
    return ""


def _nested(evaluator: Evaluator, owner: ClassObject, declared: ast.stmt, default: Value | None) -> Value | None:
    """Return the instance that a field of a nested settings class holds; None if the field is no such one."""
    if default is not None and any(isinstance(option.value, Instance) for option in default.options):
        return default
    if default is None and isinstance(declared, ast.AnnAssign):
        meant = evaluator.evaluate(declared.annotation, evaluator.frame_of(owner.file, declared))
        if meant.is_known and isinstance(meant.known, ClassObject):
            return Value.of(Instance(meant.known, Arguments()))
    return None


def _validated(evaluator: Evaluator, instance: Instance, owners: list[ClassObject], name: str, value: Value) -> Value:
    """Return what the validators of a field make of it."""
    for owner in owners:
        for method in classes.methods(owner).values():
            if _validates(evaluator, owner, method, name):
                value = _through(evaluator, owner, method, instance, value)
            elif "model_validator" in classes.decorators(method) or method.name in ("model_post_init", "__init__"):
                value = _filled_later(evaluator, owner, method, instance, name, value)
    return value


def _filled_later(
    evaluator: Evaluator, owner: ClassObject, method: FunctionNode, instance: Instance, name: str, value: Value
) -> Value:
    """Return what a field is after a method that may assign it."""
    first = [*method.args.posonlyargs, *method.args.args][:1]
    path = f"{first[0].arg}.{name}" if first else ""
    if not path or not evaluator.bindings.indexes(method.body, path):
        return value
    bound = evaluator.bound_frame(FunctionObject(owner.file, method, None, Value.of(instance)), Arguments())
    frame = dataclasses.replace(bound, arguments={**(bound.arguments or {}), path: value})
    written = flow.whole(evaluator, method.body, path, frame, lambda: value)
    return value if written is None else written


def _validates(evaluator: Evaluator, owner: ClassObject, method: FunctionNode, name: str) -> bool:
    for decorator in method.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and (owner.file.name(decorator.func) or "").rpartition(".")[2] in _VALIDATORS
        ):
            return any(
                isinstance(argument, ast.Constant) and argument.value in (name, "*") for argument in decorator.args
            )
    return False


def _through(evaluator: Evaluator, owner: ClassObject, method: FunctionNode, instance: Instance, value: Value) -> Value:
    """Return what a validator makes of a value: of what stands there by default, which a variable may replace."""
    variable = next((option.variable for option in value.options if option.variable), None)
    if variable is None and value.unknown and not value.options:
        return value
    plain = Value(tuple(Option(option.value, option.place) for option in value.options), value.unknown)
    # Called as ``cls.validate(cls, value, values)``; ``values`` and ``info.data`` are the fields before.
    function = FunctionObject(owner.file, method, None, Value.of(owner))
    rest = Value.of(instance)
    result = calls.returned(evaluator, function, Arguments((plain, rest)))
    return with_variable(result, variable)

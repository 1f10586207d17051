"""What a test replaces: the target of ``patch("app.x")``, ``patch.object(...)`` and ``monkeypatch.setattr(...)``."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.names import ExternalName, GlobalName, PackageName, is_sqlalchemy
from greenshift.shift.kinds.touches import SESSION_COROUTINES
from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    FunctionValue,
    Instance,
    ModuleValue,
    Session,
    SessionFactory,
    Value,
    Values,
)
from greenshift.shift.project import Class, Function, Module

PATCHES = {"unittest.mock.patch", "mock.patch"}


@dataclass(frozen=True, slots=True)
class Replacement:
    """One replacement that a test makes.

    Attributes:
        call: The call that makes it.
        target: What is replaced, as far as it is known.
        new: What stands there instead; None where the library makes a mock.
        of_class: Whether the attribute is a class's, so that functions put there become methods.
        of_session: Whether it is a method of a session that is a coroutine function afterwards.
        patches: Whether ``unittest.mock`` (or ``mocker``) makes it, which chooses ``AsyncMock`` for async functions.
    """

    call: ast.Call
    target: Values
    new: ast.expr | None
    of_class: bool
    patches: bool
    of_session: bool = False


def replacement(kinds: Kinds, module: Module, call: ast.Call) -> Replacement | None:
    """Return what a call replaces, or None if it is no such call.

    Args:
        kinds: The analysis.
        module: Where the call stands.
        call: The call.
    """
    name = _patch_name(kinds, module, call.func)
    if name is None:
        return None
    values = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if name == "patch" or (name == "setattr" and _is_path(call)):
        if not call.args or not isinstance(call.args[0], ast.Constant) or not isinstance(call.args[0].value, str):
            return None
        owner, attribute = _owner_of_path(kinds, module, call.args[0].value)
        new = call.args[1] if len(call.args) > 1 else values.get("new", values.get("value"))
    else:
        if len(call.args) < 2 or not isinstance(call.args[1], ast.Constant) or not isinstance(call.args[1].value, str):
            return None
        owner, attribute = _owners(kinds, module, call.args[0]), call.args[1].value
        new = call.args[2] if len(call.args) > 2 else values.get("new", values.get("value"))
    target = frozenset().union(*(member(kinds, one, attribute) for one in owner)) if owner else NOTHING
    if not owner and isinstance(call.args[0], ast.Constant):
        target = _of_library(str(call.args[0].value))
    of_class = any(isinstance(one, ClassValue) for one in owner)
    of_session = attribute in SESSION_COROUTINES and any(isinstance(one, Session) and not one.is_async for one in owner)
    return Replacement(call, target, new, of_class, name != "setattr", of_session)


def patched_path(kinds: Kinds, module: Module, call: ast.Call) -> ast.Constant | None:
    """Return the dotted path that a patch names as a string, or None.

    Args:
        kinds: The analysis.
        module: Where the call stands.
        call: The call.
    """
    name = _patch_name(kinds, module, call.func)
    if name == "patch" or (name == "setattr" and _is_path(call)):
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            return first
    return None


def is_replacement(kinds: Kinds, module: Module, call: ast.Call) -> bool:
    """Return whether a call replaces something: a patch, or ``monkeypatch.setattr``.

    Args:
        kinds: The analysis.
        module: Where the call stands.
        call: The call.
    """
    return _patch_name(kinds, module, call.func) is not None


def _patch_name(kinds: Kinds, module: Module, function: ast.expr) -> str | None:
    """``patch``, ``object`` (of ``patch``) or ``setattr``."""
    library = kinds.library_name(module, function) or ""
    if library in PATCHES:
        return "patch"
    if library in {f"{one}.object" for one in PATCHES}:
        return "object"
    if not isinstance(function, ast.Attribute):
        return None
    receiver = function.value
    if function.attr == "setattr" and isinstance(receiver, ast.Name) and receiver.id in ("monkeypatch", "mp", "m"):
        return "setattr"
    if isinstance(receiver, ast.Name) and receiver.id == "mocker" and function.attr == "patch":
        return "patch"
    if function.attr == "object" and isinstance(receiver, ast.Attribute) and receiver.attr == "patch":
        return "object"
    return None


def _is_path(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant)


def _owner_of_path(kinds: Kinds, module: Module, path: str) -> tuple[Values, str]:
    """The module or class that holds a dotted name, and its last part."""
    head, _, attribute = path.rpartition(".")
    parts = head.split(".")
    for index in range(len(parts), 0, -1):
        found = kinds.project.module_named(".".join(parts[:index]), module)
        if found is None:
            continue
        owner: Values = frozenset({ModuleValue(found.name)})
        for part in parts[index:]:
            owner = frozenset().union(*(member(kinds, one, part) for one in owner)) if owner else NOTHING
        return owner, attribute
    return NOTHING, attribute


def _owners(kinds: Kinds, module: Module, node: ast.expr) -> Values:
    values = kinds.values(node)
    if values:
        return values
    target = kinds.names.resolve(module, node)
    if isinstance(target, Class):
        return frozenset({ClassValue(target)})
    if isinstance(target, PackageName):
        return frozenset({ModuleValue(target.name)})
    return NOTHING


def _of_library(name: str) -> Values:
    """``Session`` of a library gives sessions when it is called."""
    return frozenset({SessionFactory(False)}) if is_sqlalchemy(name, "Session") else NOTHING


def member(kinds: Kinds, owner: Value, name: str) -> Values:
    """Return what an attribute of a module, a class or an instance is, seen from outside any function.

    Args:
        kinds: The analysis.
        owner: The module, class or instance.
        name: The attribute.
    """
    if isinstance(owner, ModuleValue):
        module = kinds.project.module_named(owner.name)
        if module is None:
            return NOTHING
        target = kinds.names.global_name(module, name) or kinds.names.member(owner.name, name, module)
        if isinstance(target, Function):
            return frozenset({FunctionValue(target)})
        if isinstance(target, Class):
            return frozenset({ClassValue(target)})
        if isinstance(target, PackageName):
            return frozenset({ModuleValue(target.name)})
        if isinstance(target, GlobalName):
            return kinds.global_values(target)
        if isinstance(target, ExternalName):
            return _of_library(target.name)
        return NOTHING
    if isinstance(owner, ClassValue | Instance):
        method = kinds.classes.method(owner.cls, name)
        if method is not None:
            return frozenset({FunctionValue(method)})
        found = NOTHING
        for cls in kinds.classes.line(owner.cls):
            found |= kinds.attribute_values(cls, name)
        return found
    return NOTHING

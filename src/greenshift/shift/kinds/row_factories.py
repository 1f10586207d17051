"""factory_boy's factories: which classes are some, which model they make rows of, and on which session."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from greenshift.shift.kinds.values import (
    NOTHING,
    ClassValue,
    Collection,
    Instance,
    RowMaker,
    Session,
    SessionFactory,
    Values,
)
from greenshift.shift.project import Class

if TYPE_CHECKING:
    from greenshift.shift.kinds.analysis import Kinds
    from greenshift.shift.kinds.classes import Classes
    from greenshift.shift.kinds.inference import Inference

BASES = {"factory.alchemy.SQLAlchemyModelFactory", "factory.SQLAlchemyModelFactory"}
PLAIN_BASES = {"factory.Factory", "factory.base.Factory"}
"""Their ``create`` calls the model's constructor, as their ``build`` does."""
CREATING = {"create", "create_batch", "simple_generate", "simple_generate_batch", "generate", "generate_batch"}
BUILDING = {"build", "build_batch"}
SESSION, SESSION_FACTORY = "sqlalchemy_session", "sqlalchemy_session_factory"
"""The two options of ``class Meta`` that say where a factory's rows go."""


def is_row_factory(classes: Classes, cls: Class) -> bool:
    """Whether a class derives from ``SQLAlchemyModelFactory``.

    Args:
        classes: The project's classes.
        cls: The class.
    """
    return bool(classes.externals(cls) & BASES)


def plain_factory(kinds: Kinds, node: ast.Call) -> bool:
    """Whether a call makes a factory construct instances that it gives to no session.

    Args:
        kinds: The analysis.
        node: The call.
    """
    called = node.func
    if isinstance(called, ast.Attribute) and called.attr in CREATING | BUILDING:
        called = called.value
    return any(
        isinstance(value, ClassValue) and bool(kinds.classes.externals(value.cls) & PLAIN_BASES)
        for value in kinds.values(called)
    )


def meta_options(cls: Class, *names: str) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the targets and values of a factory's own ``class Meta`` with these names.

    Args:
        cls: The factory.
        names: The options.
    """
    for inner in cls.node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
            for statement in inner.body:
                if isinstance(statement, ast.Assign):
                    for target in statement.targets:
                        if isinstance(target, ast.Name) and target.id in names:
                            yield target, statement.value


def makes_rows(classes: Classes, cls: Class, method: str) -> bool:
    """Whether a class's method makes rows.

    Args:
        classes: The project's classes.
        cls: The class.
        method: The method.
    """
    return method in CREATING | BUILDING and bool(classes.externals(cls) & (BASES | PLAIN_BASES))


def made_by(inference: Inference, cls: Class, method: str, node: ast.Call) -> Values | None:
    """Return what a factory's call gives; None for a class or method that makes no rows.

    Args:
        inference: The analysis under way.
        cls: The class that is called, or whose method is.
        method: The method; ``create`` for a call of the class itself.
        node: The call.
    """
    if not makes_rows(inference.classes, cls, method):
        return None
    for one in inference.classes.line(cls):
        for _, value in meta_options(one, "model"):
            model = inference.names.resolve(one.module, value)
            if isinstance(model, Class):
                row: Values = frozenset({Instance(model, node)})
                return frozenset({Collection(row)}) if method.endswith("_batch") else row
    return NOTHING


def row_factory(kinds: Kinds, node: ast.Call) -> Class | None:
    """Return the factory that a call makes write rows, or None.

    Args:
        kinds: The analysis.
        node: The call.
    """
    called = node.func
    for value in kinds.values(called):
        if isinstance(value, RowMaker) and value.method in CREATING and is_row_factory(kinds.classes, value.cls):
            return value.cls
    if isinstance(called, ast.Attribute) and called.attr in CREATING:
        called = called.value
    for value in kinds.values(called):
        if isinstance(value, ClassValue) and is_row_factory(kinds.classes, value.cls):
            return value.cls
    return None


def creates_rows(kinds: Kinds, node: ast.Call) -> bool:
    """Whether a call makes a factory write rows on a session that is still sync.

    Args:
        kinds: The analysis.
        node: The call.
    """
    factory = row_factory(kinds, node)
    return factory is not None and _is_on_sync_session(kinds, factory)


def _is_on_sync_session(kinds: Kinds, cls: Class) -> bool:
    for one in kinds.classes.line(cls):
        given = [value for _, value in meta_options(one, SESSION, SESSION_FACTORY)]
        if any(not isinstance(value, ast.Constant) for value in given):
            return any(is_sync_session(kinds, value) for value in given)
    # The options are set from outside: `UserFactory._meta.sqlalchemy_session = session` in a fixture.
    return any(is_sync_session(kinds, value) for _, value in outside_options(kinds))


def outside_options(kinds: Kinds) -> list[tuple[ast.Attribute, ast.expr]]:
    """Return the assignments to a factory's session outside of its ``class Meta``: targets and values.

    Args:
        kinds: The analysis.
    """
    found = kinds.session_options
    if found is None:
        found = kinds.session_options = [
            (target, node.value)
            for module in kinds.project.modules
            if SESSION in module.source.text
            for node in module.source.nodes
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Attribute) and target.attr in (SESSION, SESSION_FACTORY)
        ]
    return found


def is_sync_session(kinds: Kinds, value: ast.expr) -> bool:
    """Whether the value of a factory's session option is, or gives, a sync session that becomes async.

    Args:
        kinds: The analysis.
        value: The option's value.
    """
    if isinstance(value, ast.Lambda):
        return is_sync_session(kinds, value.body)
    if isinstance(value, ast.Attribute) and value.attr == "sync_session":
        return False
    return any(isinstance(one, Session | SessionFactory) and not one.is_async for one in kinds.values(value))

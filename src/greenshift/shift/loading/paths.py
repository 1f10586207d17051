"""Relationships one behind the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds.classes import Classes, Relationship
from greenshift.shift.kinds.values import (
    Collection,
    ContextManager,
    Coroutine,
    Instance,
    Result,
    Row,
    TupleValue,
    Value,
    Values,
)
from greenshift.shift.project import Class

Path = tuple[str, ...]

EAGER = {"joined", "selectin", "subquery", "immediate", "False"}
"""``lazy=`` arguments with which a query loads the relationship by itself."""
NOT_PLAIN = {"dynamic", "write_only", "raise", "raise_on_sql", "noload", "True"}
"""``lazy=`` arguments with which reading is no plain lazy load: a query object, or an error on purpose."""


def relationships_on(classes: Classes, root: Class, path: Path) -> list[Relationship] | None:
    """Return the relationships that a path follows from a class; None where it leads nowhere.

    Args:
        classes: The class hierarchies.
        root: The class from which the path starts.
        path: The relationships' names.
    """
    found: list[Relationship] = []
    current: Class | None = root
    for name in path:
        relationship = None if current is None else classes.relationships(current).get(name)
        if relationship is None:
            return None
        found.append(relationship)
        current = relationship.target
    return found


def stops_at(classes: Classes, root: Class, chain: list[Relationship]) -> bool:
    """Whether the last relationship of a chain, loaded by its model, is not loaded there: it leads back.

    What a model loads with every query (``lazy="selectin"``, ``"joined"``) goes no further where it meets a class that
    the chain came through already. Loader options do.

    Args:
        classes: The class hierarchies.
        root: The class from which the chain starts.
        chain: The relationships.
    """
    last = chain[-1]
    if last.target is None or last.lazy == "immediate" or last.is_deep or last.target in classes.line(last.cls):
        # What has a `join_depth` goes so deep, wherever it leads.
        return False
    passed = [root, *(one.target for one in chain[:-1] if one.target is not None)]
    return any(last.target in classes.line(one) or one in classes.line(last.target) for one in passed)


def is_return(classes: Classes, there: Relationship, back: Relationship) -> bool:
    """Whether a relationship is the many-to-one side of the one before it: ``order.items.order``.

    ``selectin`` on the model does not go back to where it came from, and the session holds the parent only as long
    as somebody else does.
    """
    if back.is_collection or back.target is None or not isinstance(there.node, ast.Call):
        return False
    names = {
        keyword.value.value
        for keyword in there.node.keywords
        if keyword.arg in ("back_populates", "backref") and isinstance(keyword.value, ast.Constant)
    }
    if isinstance(back.node, ast.Call):
        for keyword in back.node.keywords:
            is_name = keyword.arg == "back_populates" and isinstance(keyword.value, ast.Constant)
            if is_name and keyword.value.value == there.name:  # type: ignore[attr-defined]
                names.add(back.name)
    if back.name not in names:
        return False
    if back.target in classes.line(back.cls):
        return bool(there.is_collection)
    return classes.has_foreign_key(back.cls, back.target)


def instances_in(values: Values, depth: int = 4) -> Iterator[tuple[Instance, bool]]:
    """Yield the instances of the application's classes that values are or hold.

    Args:
        values: The values.
        depth: How many collections inside each other are opened.

    Yields:
        The instance, and whether it is a value of a mapping.
    """
    for value in values:
        yield from _in_value(value, depth, inside_mapping=False)


def _in_value(value: Value, depth: int, *, inside_mapping: bool) -> Iterator[tuple[Instance, bool]]:
    if isinstance(value, Instance):
        yield value, inside_mapping
    elif depth and isinstance(value, Collection | Coroutine | ContextManager):
        is_mapping = inside_mapping or (isinstance(value, Collection) and value.kind == "mapping")
        for inner in value.of:
            yield from _in_value(inner, depth - 1, inside_mapping=is_mapping)
    elif depth and isinstance(value, TupleValue):
        for values in value.items:
            for inner in values:
                yield from _in_value(inner, depth - 1, inside_mapping=inside_mapping)
    elif isinstance(value, Row | Result) and value.shape:
        for part in value.shape:
            if not isinstance(part, str):
                yield Instance(part, value.site), inside_mapping


def sited(instances: Iterator[Instance]) -> list[Instance]:
    """Return those instances whose loading is known; all of them if it is of none.

    An annotation only says the class. Where a call gave the instance as well, the annotation adds nothing.

    Args:
        instances: What an expression may be.
    """
    every = list(dict.fromkeys(instances))
    known = {one.cls for one in every if one.site is not None}
    return [one for one in every if one.site is not None or one.cls not in known]

"""Functions that cannot become async, because whoever calls them is not prepared to await."""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import External
from greenshift.shift.project import Class, Function, Module

ASYNC_DUNDERS = {"__call__", "__enter__", "__exit__", "__aenter__", "__aexit__"}
"""Dunder methods that have, or may take, an async form."""

PLAIN_BASES = {"ABC", "Generic", "Protocol", "object"}
"""Library classes that call no method of those that derive from them."""

SYNC_DECORATORS = {
    "property": "a property", "cached_property": "a property", "hybrid_property": "a property",
    "computed_field": "a property", "expression": "an SQL expression", "validator": "a validator",
    "field_validator": "a validator", "model_validator": "a validator", "root_validator": "a validator",
    "field_serializer": "a serializer", "model_serializer": "a serializer", "validates": "a validator",
    "listens_for": "an event listener", "lru_cache": "a cached function", "cache": "a cached function",
    "cached": "a cached function", "hookimpl": "a pytest hook", "template_filter": "a template filter",
    "context_processor": "a template function", "post_generation": "a factory's hook",
    "lazy_attribute": "a factory's hook", "lazy_attribute_sequence": "a factory's hook", "sequence": "a factory's hook",
    "total_ordering": "an operator", "compiles": "a compiler",
}  # fmt: skip

SYNC_CALLERS = {
    "builtins.sorted", "builtins.map", "builtins.filter", "builtins.max", "builtins.min", "functools.reduce",
    "itertools.groupby", "itertools.takewhile", "itertools.dropwhile", "itertools.starmap", "itertools.filterfalse",
    "re.sub", "functools.cmp_to_key",
}  # fmt: skip
"""Functions that call what they are given at once, and use what it returns."""

EXTERNAL_METHODS = {
    "logging.Handler": {"emit", "handle"},
    "logging.Filter": {"filter"},
    "logging.Formatter": {"format"},
    "json.JSONEncoder": {"default"},
    "json.encoder.JSONEncoder": {"default"},
    "threading.Thread": {"run"},
    "factory.alchemy.SQLAlchemyModelFactory": {"_create", "_build"},
}
"""Methods that a library's base class calls itself."""


def barrier(kinds: Kinds, function: Function) -> str | None:
    """Return why a function cannot become async, or None if it can.

    Args:
        kinds: The analysis.
        function: The function.
    """
    if function.is_lambda:
        return "a lambda"
    name = function.name
    is_dunder = name.startswith("__") and name.endswith("__") and function.owner is not None
    if (
        is_dunder
        and name not in ASYNC_DUNDERS
        and not (name == "__getitem__" and _is_subscripted_only(kinds, function))
    ):
        return f"`{name}`"
    if name.startswith("pytest_") and function.module.file.endswith("conftest.py"):
        return "a pytest hook"
    for decorator in function.decorators:
        node = decorator.func if isinstance(decorator, ast.Call) else decorator
        last = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if last in ("setter", "deleter") and function.owner is not None:
            return "a property"
        if last in SYNC_DECORATORS and not isinstance(kinds.names.resolve(function.module, node), Function | Class):
            return SYNC_DECORATORS[last]
    if function.owner is not None:
        for base in kinds.classes.externals(function.owner):
            if name in EXTERNAL_METHODS.get(base, ()):
                return f"a method that `{base}` calls"
    return None


def _is_subscripted_only(kinds: Kinds, function: Function) -> bool:
    """Whether ``__getitem__`` can give something to await: no library's class calls it, and nothing runs through it."""
    assert function.owner is not None
    if any(name.rpartition(".")[2] not in PLAIN_BASES for name in kinds.classes.externals(function.owner)):
        return False
    names = {name for one in [function.owner, *kinds.classes.below(function.owner)] for name in one.functions}
    if "__len__" in names and "__iter__" not in names:
        # A sequence: `reversed()` and loops read it by index.
        return False
    return all(isinstance(node, ast.Subscript | ast.Call) for node in kinds.invoked_at.get(function, ()))


def called_back(kinds: Kinds, module: Module, call: ast.Call) -> set[Function]:
    """Return the application's functions that a library call runs at once: ``sorted(key=f)``, ``map(f, ...)``.

    Args:
        kinds: The analysis.
        module: Where the call stands.
        call: The call.
    """
    names = {value.name for value in kinds.values(call.func) if isinstance(value, External)}
    is_sort = isinstance(call.func, ast.Attribute) and call.func.attr == "sort"
    if not names & SYNC_CALLERS and not is_sort:
        return set()
    found: set[Function] = set()
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        found |= kinds.references.get(argument, set())
    return found

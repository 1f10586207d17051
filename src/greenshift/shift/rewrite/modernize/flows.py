"""Where queries go: into what the analysis follows, or into something that needs a ``Query``."""

from __future__ import annotations

import ast

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.values import (
    Collection,
    Connection,
    External,
    ExternalInstance,
    FunctionValue,
    Instance,
    Query,
    Result,
    Row,
    Session,
    Statement,
    TupleValue,
)
from greenshift.shift.project import Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.modernize.group import Group, LeaveError

PLAIN_DECORATORS = {"property", "staticmethod", "classmethod", "abstractmethod", "cached_property", "override", "cache"}
TAKE_BOTH = {"fastapi_pagination.ext.sqlalchemy.paginate", "fastapi_pagination.ext.sqlmodel.paginate"}
"""Functions of libraries that take a statement where they take a query, with the same result."""
COLUMN_OPERATORS = {"in_", "notin_", "not_in", "from_select"}


class Unresolved:
    """Calls and attributes of which the analysis does not know the receiver, by name.

    Args:
        context: The stage's work.
    """

    def __init__(self, context: Context) -> None:
        kinds = context.kinds
        self.called: dict[str, ast.AST] = {}
        self.read: dict[str, ast.AST] = {}
        for module in context.project.modules:
            for node in module.source.nodes:
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    if not kinds.values(node) and not kinds.values(node.value):
                        self.read.setdefault(node.attr, node)
                    if isinstance(kinds.parents.get(node), ast.Call) and not kinds.values(node.value):
                        self.called.setdefault(node.attr, node)


def check_values(group: Group) -> None:
    """Make sure that what may be one of the queries is never anything else, and that its place is known.

    Raises:
        LeaveError: It may be, or it takes lines of an f-string, where Python before 3.12 allows no line breaks.
    """
    for node, _ in group.nodes:
        if node.lineno != node.end_lineno and _is_in_f_string(group.context.kinds, node):
            raise LeaveError("it takes more than one line of an f-string", node)
        for value in group.context.kinds.values(node):
            if isinstance(
                value, Statement | Collection | Result | Row | Instance | TupleValue | FunctionValue | Session
            ):
                what = "a statement" if isinstance(value, Statement) else "something else"
                raise LeaveError(f"it may be {what} as well as a query", node)


def _is_in_f_string(kinds: Kinds, node: ast.AST) -> bool:
    current: ast.AST | None = node
    while isinstance(current, ast.expr | ast.keyword | ast.comprehension):
        if isinstance(current, ast.FormattedValue):
            return True
        current = kinds.parents.get(current)
    return False


def check_returned(group: Group, node: ast.AST, unresolved: Unresolved) -> None:
    """Make sure that all callers of a function that returns a query are known.

    Raises:
        LeaveError: A framework or something unknown may call it.
    """
    function = group.context.kinds.unit(node)
    if not isinstance(function, Function):
        raise LeaveError("a query is returned from no function", node)
    if function.is_lambda:
        raise LeaveError("a lambda returns it", node)
    for decorator in function.decorators:
        named = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
        if name not in PLAIN_DECORATORS:
            raise LeaveError(f"a function decorated with {name} returns it", node)
    if function.owner is not None and function.name in unresolved.called:
        raise LeaveError(f"{function.name}() is called on something unknown and may give it", node)
    if function.owner is not None and function.name in unresolved.read and _is_property(group.context.kinds, function):
        raise LeaveError(f"{function.name} is read from something unknown and may give it", node)
    # A library that the class derives from may call the method as well: it expects a Query from its hook.
    if function.owner is not None and any(
        not name.startswith(("abc.", "typing.", "builtins."))
        for name in group.context.kinds.classes.externals(function.owner)
    ):
        raise LeaveError(f"{function.name}() belongs to a class of a library", node)


def _is_property(kinds: Kinds, function: Function) -> bool:
    return "property" in kinds.fixtures.traits(function)


def check_stored(group: Group, target: ast.expr, unresolved: Unresolved) -> None:
    """Make sure that a place where a query is kept is read only where the analysis sees it.

    Raises:
        LeaveError: It may be read elsewhere.
    """
    if isinstance(target, ast.Name):
        return
    if isinstance(target, ast.Attribute):
        if not any(isinstance(value, Instance) for value in group.context.kinds.values(target.value)):
            raise LeaveError("it is kept as an attribute of something unknown", target)
        if target.attr in unresolved.read:
            raise LeaveError(f"an attribute {target.attr} is read from something unknown and may be it", target)
        return
    raise LeaveError("it is kept in a collection", target)


def check_argument(group: Group, call: ast.Call, argument: ast.expr) -> None:
    """Make sure that a query given to a call arrives in a function of the application, as a parameter of its own.

    Raises:
        LeaveError: It does not.
    """
    kinds = group.context.kinds
    function = call.func
    if isinstance(function, ast.Attribute):
        if function.attr in COLUMN_OPERATORS:
            return
        receivers = kinds.values(function.value)
        if function.attr in ("execute", "scalars", "scalar") and any(
            isinstance(value, Session | Connection) for value in receivers
        ):
            return
    if any(isinstance(value, External) and value.name in TAKE_BOTH for value in kinds.values(function)):
        return
    targets = kinds.targets(call)
    if not targets or any(isinstance(value, ExternalInstance) for value in kinds.values(function)):
        raise LeaveError(f"it is given to {ast.unparse(function)[:60]}, which is not the application's", argument)
    for target in targets:
        _check_parameter(call, argument, target, kinds)


def _check_parameter(call: ast.Call, argument: ast.expr, target: Function, kinds: Kinds) -> None:
    keyword = next((one.arg for one in call.keywords if one.value is argument), None)
    if any(isinstance(one, ast.Starred) for one in call.args):
        raise LeaveError(f"{target.name}() is called with unpacked arguments", call)
    if keyword is not None:
        names = [one.name for one in target.parameters if one.kind in ("positional", "keyword") and one.name == keyword]
    else:
        positional = [one.name for one in target.parameters if one.kind == "positional"]
        index = call.args.index(argument)
        # A method called on an instance has one parameter more in front.
        names = positional[index : index + 2]
    given = {value for value in kinds.values(argument) if isinstance(value, Query)}
    if not any(given <= kinds.parameter(target, name) for name in names):
        raise LeaveError(f"where {target.name}() takes it is not known", call)

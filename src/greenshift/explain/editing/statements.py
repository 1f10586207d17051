"""Where in a file the statement stands that loaded a mapped class: select(), get() or query()."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import libcst as cst

from greenshift.explain.editing.source import Function, Source, dotted, last_name, set_names

_SENDS: Final = frozenset({"scalars", "execute", "scalar", "stream", "stream_scalars", "exec"})
_GETS: Final = frozenset({"get", "get_one"})
# A select that ends so is a part of another statement.
_INNER: Final = frozenset(
    {"subquery", "scalar_subquery", "exists", "cte", "alias", "lateral", "in_", "union", "union_all"}
)


@dataclass(frozen=True)
class LoadingStatement:
    """The place of a statement that loads a class.

    Args:
        form: ``select`` (options go behind ``node``), ``query`` (the same), or ``get`` (``node`` takes ``options=``).
        node: the expression.
        entity: the class as the statement writes it, ``models.Account``.
    """

    form: Literal["select", "query", "get"]
    node: cst.BaseExpression
    entity: str


def find_loading(source: Source, line: int, names: Collection[str]) -> LoadingStatement | None:
    """Return the statement of a line that loads a class, or None unless exactly one can be it.

    Args:
        source: the file.
        line: a line of the statement, from 1.
        names: what the class is called in that file.
    """
    found = list(_all(source, line, names))
    on_line = [one for one in found if source.covers(one.node, line)]
    candidates = on_line if len(found) > 1 else found
    return candidates[0] if len(candidates) == 1 else None


def _all(source: Source, line: int, names: Collection[str]) -> Iterator[LoadingStatement]:
    for call in source.nodes(cst.Call):
        if not _in_statement(source, call, line):
            continue
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else None
        entity = _entity(call, names)
        if method in _GETS and call.args and _is(call.args[0].value, names):
            yield LoadingStatement("get", call, dotted(call.args[0].value) or "")
        elif method == "query" and entity is not None:
            yield LoadingStatement("query", call, entity)
        elif last_name(call.func) == "select" and entity is not None:
            whole, methods = _whole(source, call)
            if not methods & _INNER and not _is_part_of_another(source, whole):
                yield LoadingStatement("select", whole, entity)
        elif method in _SENDS and (argument := _sent(call)) is not None:
            root = _root(argument)
            if isinstance(root, cst.Name):
                entity = _assigned(source, root, names)
                if entity is not None:
                    yield LoadingStatement("select", argument, entity)
        elif isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Name):
            entity = _assigned(source, call.func.value, names, "query")
            if entity is not None:
                yield LoadingStatement("query", call.func.value, entity)


def _sent(call: cst.Call) -> cst.BaseExpression | None:
    for number, argument in enumerate(call.args):
        if (number == 0 and argument.keyword is None and not argument.star) or (
            argument.keyword is not None and argument.keyword.value == "statement"
        ):
            return argument.value
    return None


def _is(node: cst.CSTNode, names: Collection[str]) -> bool:
    return dotted(node) is not None and last_name(node) in names


def _entity(call: cst.Call, names: Collection[str]) -> str | None:
    return next((dotted(one.value) for one in call.args if one.keyword is None and _is(one.value, names)), None)


def _whole(source: Source, call: cst.Call) -> tuple[cst.BaseExpression, set[str]]:
    """Return ``select(...).where(...).limit(...)`` for its ``select(...)``, and the methods' names."""
    whole: cst.BaseExpression = call
    methods: set[str] = set()
    while True:
        attribute = source.parent(whole)
        if not isinstance(attribute, cst.Attribute) or attribute.value is not whole:
            return whole, methods
        outer = source.parent(attribute)
        if not isinstance(outer, cst.Call) or outer.func is not attribute:
            return whole, methods | {attribute.attr.value}
        methods.add(attribute.attr.value)
        whole = outer


def _is_part_of_another(source: Source, whole: cst.BaseExpression) -> bool:
    """Return whether a select stands in another select, or in something that makes it a part of one."""
    inner: cst.CSTNode = whole
    for node in source.ancestors(whole):
        if isinstance(node, cst.Call) and node.func is not inner:
            name = last_name(node.func)
            if name in {"exists", "union", "union_all", "aliased", "in_", "select_from", "from_statement"}:
                return True
            if isinstance(_root(node), cst.Call) and last_name(_root_call(node).func) == "select":
                return True
        elif isinstance(node, cst.BaseStatement | cst.BaseSuite | cst.Lambda):
            return False
        inner = node
    return False


def _root_call(node: cst.Call) -> cst.Call:
    found = _root(node)
    assert isinstance(found, cst.Call)
    return found


def _root(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``select(...)`` or the variable with which a chain of calls begins."""
    while isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        if node.func.attr.value in {"select", "query"}:
            return node
        node = node.func.value
    return node


def _assigned(source: Source, name: cst.Name, names: Collection[str], builder: str = "select") -> str | None:
    """Return the class that the statement in a variable selects, or None where that is not certain."""
    scope = source.function_of(name)
    while True:
        values = _values(source, name.value, scope)
        if values is None:
            return None
        if values or scope is None:
            break
        scope = source.function_of(scope)
    entities = set()
    for value in values:
        root = _root(value)
        if isinstance(root, cst.Name) and root.value == name.value and isinstance(value, cst.Call):
            continue
        if not isinstance(root, cst.Call) or last_name(root.func) != builder or _whole(source, root)[1] & _INNER:
            return None
        entities.add(_entity(root, names))
    return entities.pop() if len(entities) == 1 else None


def _values(source: Source, name: str, scope: Function | None) -> list[cst.BaseExpression] | None:
    """Return all that is assigned to a variable in a function, or None where it comes from elsewhere."""
    if scope is not None:
        parameters = [one.name.value for one in source.nodes(cst.Param, within=scope.params)]
        if name in parameters:
            return None
    values: list[cst.BaseExpression] = []
    for node in source.nodes(
        cst.Assign, cst.AnnAssign, cst.AugAssign, cst.NamedExpr, cst.For, cst.AsName, cst.CompFor, within=scope
    ):
        if source.function_of(node) is not scope:
            continue
        if isinstance(node, cst.Assign):
            plain = [one for one in node.targets if isinstance(one.target, cst.Name) and one.target.value == name]
            if plain:
                values.append(node.value)
            elif any(one.value == name for target in node.targets for one in set_names(target.target)):
                return None
        elif isinstance(node, cst.AnnAssign | cst.NamedExpr):
            if isinstance(node.target, cst.Name) and node.target.value == name and node.value is not None:
                values.append(node.value)
        elif isinstance(node, cst.AsName):
            if isinstance(node.name, cst.Name) and node.name.value == name:
                return None
        elif any(one.value == name for one in set_names(node.target)):
            return None
    return values


def _in_statement(source: Source, node: cst.CSTNode, line: int) -> bool:
    """Return whether a line belongs to the simple statement, or the head of the compound one, of an expression."""
    inner = node
    for above in source.ancestors(node):
        if isinstance(above, cst.SimpleStatementLine):
            return source.covers(above, line)
        if isinstance(above, cst.BaseCompoundStatement):
            break
        inner = above
    return source.covers(inner, line)

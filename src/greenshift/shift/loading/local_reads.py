"""Reads in tests, of instances that come from elsewhere: the test's own session can load them on the spot."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.values import Instance, Session, TestClientValue
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Function
from greenshift.shift.project.traversal import walk

CHANGING = {"commit", "flush", "rollback", "expire", "expire_all", "delete", "merge", "begin", "begin_nested"}
MUTATORS = {"append", "extend", "add", "update", "remove", "discard", "insert", "clear", "pop", "set"}


@dataclass(frozen=True, slots=True)
class LocalRead:
    """A relationship read in a function that has a session, of a variable or of what a variable leads to.

    Attributes:
        unit: The function.
        receiver: The text of the instance, ``article`` or ``user.profile``.
        name: The relationship.
        session: The text of the session.
        node: The expression that reads it.
    """

    unit: Function
    receiver: str
    name: str
    session: str
    node: ast.AST


def local_read(kinds: Kinds, node: ast.AST) -> LocalRead | None:
    """Return a read as one that can be served on the spot; None where there is no session or no plain receiver.

    Args:
        kinds: The analysis of the project.
        node: The attribute read.
    """
    unit = kinds.unit(node)
    if not isinstance(unit, Function) or not unit.module.is_test or unit.is_lambda or unit.is_async:
        return None
    if not isinstance(node, ast.Attribute) or not _is_plain(node.value):
        return None
    root = _root(node.value)
    bound = {one.name for one in unit.parameters} | {
        target.id
        for statement, _ in statements_of(unit)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    session = session_of(kinds, unit)
    if root not in bound or session is None or _has_pending(kinds, unit, node):
        return None
    return LocalRead(unit, ast.unparse(node.value), node.attr, session, node)


def _has_pending(kinds: Kinds, unit: Function, read: ast.Attribute) -> bool:
    """Whether a relationship was changed and not stored yet: a refresh would forget the change."""
    pending = False
    for node in sorted(
        (one for one in own_nodes(unit.node) if isinstance(one, ast.Call | ast.Assign)),
        key=lambda one: (one.lineno, one.col_offset),
    ):
        if node.lineno >= read.lineno:
            break
        changed: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            changed = node.targets
        elif isinstance(node.func, ast.Attribute):
            if node.func.attr in MUTATORS:
                changed = [node.func.value]
            elif kinds.is_session(node.func.value) and node.func.attr in ("commit", "flush"):
                pending = False
        for target in changed:
            if isinstance(target, ast.Attribute) and any(
                isinstance(value, Instance) and target.attr in kinds.classes.relationships(value.cls)
                for value in kinds.values(target.value)
            ):
                pending = True
    return pending


def is_stored_before(kinds: Kinds, read: LocalRead) -> bool:
    """Whether a variable that the function stores itself is stored before it is read.

    Args:
        kinds: The analysis of the project.
        read: The read.
    """
    given = stored = False
    root = read.receiver.partition(".")[0]
    for node in sorted(
        (one for one in own_nodes(read.unit.node) if isinstance(one, ast.Call | ast.Name)),
        key=lambda one: (one.lineno, one.col_offset),
    ):
        if node.lineno >= read.node.lineno:  # type: ignore[attr-defined]
            break
        if isinstance(node, ast.Name):
            if node.id == root and isinstance(node.ctx, ast.Store):
                given = stored = False
            continue
        if not isinstance(node.func, ast.Attribute) or not kinds.is_session(node.func.value):
            continue
        if node.func.attr in ("add", "add_all", "refresh"):
            given = given or any(ast.unparse(one) == read.receiver for one in walk(node) if isinstance(one, ast.expr))
        if given and node.func.attr in ("commit", "flush", "refresh"):
            stored = True
    return stored


def session_of(kinds: Kinds, unit: Function) -> str | None:
    """Return the text of the one session that a function is given; None if it has none, or several."""
    names = [
        one.name
        for one in unit.parameters
        if any(
            isinstance(value, Session)
            for node in own_nodes(unit.node)
            if isinstance(node, ast.Name) and node.id == one.name
            for value in kinds.values(node)
        )
    ]
    if unit.owner is not None and not names:
        found = {
            ast.unparse(node)
            for node in own_nodes(unit.node)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
            and kinds.is_a(node, Session)
        }
        names = sorted(found)
    return names[0] if len(names) == 1 else None


def event_before(kinds: Kinds, read: LocalRead) -> tuple[ast.stmt | None, bool]:
    """Return the last statement before a read that may change what is read.

    Args:
        kinds: The analysis of the project.
        read: The read.

    Returns:
        The statement (None: the function's beginning), and whether the relationship is refreshed behind it already.
    """
    place = kinds.statement(read.node)
    every = list(statements_of(read.unit))
    block = next((block for statement, block in every if statement is place), ())
    root = read.receiver.partition(".")[0]
    event: ast.stmt | None = None
    refreshed = False
    for statement, where in every:
        if block[: len(where)] != where or place is None or (statement.end_lineno or 0) >= place.lineno:
            continue
        if _refreshes(statement, read):
            refreshed = True
        elif _changes(kinds, statement) or _binds(statement, root):
            event, refreshed = statement, False
    return event, refreshed


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_plain(node.value))


def _root(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else _root(node.value) if isinstance(node, ast.Attribute) else ""


def _changes(kinds: Kinds, statement: ast.stmt) -> bool:
    for node in walk(statement):
        if not isinstance(node, ast.Call):
            continue
        if kinds.targets(node):
            return True
        if isinstance(node.func, ast.Attribute):
            if kinds.is_a(node.func.value, TestClientValue):
                return True
            if kinds.is_session(node.func.value):
                if node.func.attr in CHANGING:
                    return True
                if node.func.attr == "refresh" and len(node.args) + len(node.keywords) == 1:
                    return True
    return False


def _binds(statement: ast.stmt, name: str) -> bool:
    if isinstance(statement, ast.Assign):
        return any(isinstance(one, ast.Name) and one.id == name for one in statement.targets)
    if isinstance(statement, ast.AnnAssign):
        return isinstance(statement.target, ast.Name) and statement.target.id == name
    return False


def _refreshes(statement: ast.stmt, read: LocalRead) -> bool:
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "refresh":
        return False
    if len(call.args) != 2 or ast.unparse(call.args[0]) != read.receiver:
        return False
    named = call.args[1]
    return isinstance(named, ast.List) and any(
        isinstance(one, ast.Constant) and one.value == read.name for one in named.elts
    )

"""Refreshes instances that are read after a commit or a rollback, where expiring them used to reload them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds import Kinds
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.kinds.names import last_name
from greenshift.shift.kinds.values import ClassValue, Instance, is_mock
from greenshift.shift.loading.columns import columns_of, may_differ
from greenshift.shift.loading.session_calls import SessionCall, last_in_each_block, session_calls
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Class, Function
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.inserting import insert_behind

NOT_READING = {"add", "delete", "expunge", "refresh", "expire", "add_all"}


def refresh_after_commit(context: Context) -> None:
    """Put ``session.refresh(instance)`` behind a commit where the instance is read afterwards.

    Without expiry it would show what the program stored, not what the database made of it: defaults, ``onupdate``,
    rounding. Where the columns' types give back what was stored, nothing is added.

    Args:
        context: The stage's context.
    """
    for function, name, call in planned_refreshes(context):
        text = f"{call.session}.refresh({name})"
        if insert_behind(context.edits(function.module), call.statement, text):
            context.count("refreshed after commit")


def planned_refreshes(context: Context) -> Iterator[tuple[Function, str, SessionCall]]:
    """Yield the variables that are refreshed, with their functions and the calls behind which that is done.

    Args:
        context: The stage's context.
    """
    for function in context.project.functions:
        if function.is_lambda:
            continue
        calls = session_calls(context.kinds, function)
        if any(call.method in ("commit", "rollback", "flush") for call in calls):
            for name, call in _Unit(context, function, calls).planned():
                yield function, name, call


class _Unit:
    def __init__(self, context: Context, function: Function, calls: list[SessionCall]) -> None:
        self.context = context
        self.kinds: Kinds = context.kinds
        self.function = function
        self.calls = calls
        self.names: dict[str, list[ast.Name]] = {}
        for node in own_nodes(function.node):
            if isinstance(node, ast.Name):
                self.names.setdefault(node.id, []).append(node)
        for nodes in self.names.values():
            nodes.sort(key=lambda node: (node.lineno, node.col_offset))

    def planned(self) -> Iterator[tuple[str, SessionCall]]:
        for name in sorted(self.names):
            classes = self._classes(name)
            if not classes:
                continue
            after = [call for call in self.calls if self._loses(call, classes)]
            for call in last_in_each_block(after):
                if self._is_needed(call, name, classes):
                    yield name, call

    def _classes(self, name: str) -> set[Class]:
        found: set[Class] = set()
        for node in self.names[name]:
            for value in self.kinds.values(node):
                if is_mock(value):
                    continue
                if not isinstance(value, Instance) or not self.kinds.classes.is_model(value.cls):
                    return set()
                found.add(value.cls)
        return found

    def _loses(self, call: SessionCall, classes: set[Class]) -> bool:
        model = self.kinds.classes
        if call.method == "rollback":
            return True
        if call.method == "commit":
            return any(may_differ(model, cls) for cls in classes)
        if call.method == "flush":
            return any(one.expires_on_update for cls in classes for one in columns_of(model, cls).values())
        return False

    def _is_needed(self, call: SessionCall, name: str, classes: set[Class]) -> bool:
        end = call.statement.end_lineno or call.line
        before = [node for node in self.names[name] if node.lineno < call.line]
        after = [node for node in self.names[name] if node.lineno > end]
        if any(isinstance(node.ctx, ast.Store) for node in after) or not self._is_stored(call, name, before):
            return False
        if call.method != "commit" and self._may_be_new(name, before):
            return False
        if not self._is_there(call, name, before):
            return False
        for other in self.calls:
            if other.method in ("delete", "expunge", "close", "expunge_all") and (
                other.gives(name) or not other.call.args
            ):
                return False
            if other.method == "refresh" and other.line > end and other.gives(name) and other.attributes is None:
                return False
        return any(self._reads(node, classes, call.method) and self._follows(call, node) for node in after)

    def _may_be_new(self, name: str, nodes: list[ast.Name]) -> bool:
        """Whether it may be stored here first: a rollback makes it transient, a flush's INSERT expires nothing."""
        if not any(self._is_new(node) for node in nodes):
            return False
        is_given = any(one.name == name for one in self.function.parameters)
        adds = any(call.method in ("add", "add_all") and call.gives(name) for call in self.calls)
        return adds or not is_given or any(isinstance(node.ctx, ast.Store) for node in nodes)

    def _is_new(self, node: ast.Name) -> bool:
        """Whether it may be an instance that the program made."""
        return any(
            isinstance(value, Instance)
            and isinstance(value.site, ast.Call)
            and self.kinds.is_a(value.site.func, ClassValue)
            for value in self.kinds.values(node)
        )

    def _is_stored(self, call: SessionCall, name: str, before: list[ast.Name]) -> bool:
        """Whether the session of the commit is known to hold it: added to it, loaded by it, or changed before."""
        for other in self.calls:
            if other.line >= call.line or other.session != call.session or not other.gives(name):
                continue
            if other.method in ("add", "add_all", "refresh", "merge"):
                return True
        if self._may_be_new(name, before):
            return False
        for node in before:
            parent = self.kinds.parents.get(node)
            if isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Store):
                return True
            if isinstance(parent, ast.Call) and parent.args[:1] == [node] and last_name(parent.func) == "setattr":
                return True
        return False

    def _is_there(self, call: SessionCall, name: str, before: list[ast.Name]) -> bool:
        """Whether it cannot be None at the commit: something was done with it on the way there."""
        blocks = {id(statement): block for statement, block in statements_of(self.function)}
        for node in before:
            parent = self.kinds.parents.get(node)
            statement = self.kinds.statement(node)
            while statement is not None and id(statement) not in blocks:
                above = self.kinds.parents.get(statement)
                statement = None if above is None else self.kinds.statement(above)
            if statement is None:
                continue
            if isinstance(node.ctx, ast.Store) and _is_one(statement):
                return True
            block = blocks[id(statement)]
            dominates = call.block[: len(block)] == block
            if isinstance(parent, ast.Attribute) and dominates and not isinstance(statement, ast.If | ast.While):
                return True
            is_given = isinstance(parent, ast.Call) and dominates and parent.args[:1] == [node]
            if is_given and last_name(parent.func) in ("setattr", "add", "refresh"):  # type: ignore[union-attr]
                return True
            if isinstance(statement, ast.If) and dominates:
                if _leaves(statement) and _is_none_test(statement.test, name):
                    return True
                if id(statement.body) in call.block and isinstance(statement.test, ast.Name):
                    return statement.test.id == name
        return any(self._is_new(node) for node in before)

    def _follows(self, call: SessionCall, node: ast.Name) -> bool:
        """Whether a read can come after the call: not in another branch of the same condition."""
        blocks = {id(statement): block for statement, block in statements_of(self.function)}
        statement: ast.AST | None = self.kinds.statement(node)
        while statement is not None and id(statement) not in blocks:
            statement = self.kinds.parents.get(statement)
        if statement is None:
            return True
        block = blocks[id(statement)]
        common = 0
        for one, other in zip(block, call.block, strict=False):
            if one != other:
                break
            common += 1
        # One of the two blocks lies in the other, or the call's is left on the way.
        return common == len(call.block) or common == len(block)

    def _reads(self, node: ast.Name, classes: set[Class], method: str) -> bool:
        if not isinstance(node.ctx, ast.Load):
            return False
        parent = self.kinds.parents.get(node)
        if isinstance(parent, ast.Attribute):
            if isinstance(parent.ctx, ast.Store):
                return False
            if all(parent.attr in self.kinds.classes.relationships(cls) for cls in classes):
                # The relationships' own refreshes see to it.
                return False
            if method == "rollback":
                # Whatever expire_on_commit says, a rollback expires everything.
                return True
            keys = [columns_of(self.kinds.classes, cls).get(parent.attr) for cls in classes]
            return not all(one is not None and (one.is_key or one.is_plain) for one in keys)
        if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute):
            return not (parent.func.attr in NOT_READING and self.kinds.is_session(parent.func.value))
        return True


def _is_one(statement: ast.stmt) -> bool:
    """Whether a variable is assigned what cannot be None: ``....one()``."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    return isinstance(value, ast.Call) and last_name(value.func) in ("one", "scalar_one", "get_one")


def _leaves(node: ast.If) -> bool:
    return isinstance(node.body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def _is_none_test(node: ast.expr, name: str) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return isinstance(node.operand, ast.Name) and node.operand.id == name
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Name) and node.left.id == name:
        return isinstance(node.ops[0], ast.Is | ast.Eq) and ast.unparse(node.comparators[0]) == "None"
    return (
        isinstance(node, ast.BoolOp)
        and isinstance(node.op, ast.Or)
        and any(_is_none_test(one, name) for one in node.values)
    )

"""The calls by which a function writes through its session, in order, and what they are given."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.loading.paths import instances_in
from greenshift.shift.loading.statements import Block, statements_of
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk

Unit = Function | Module
PERSISTING = {"commit", "flush", "refresh"}


@dataclass(frozen=True, slots=True)
class SessionCall:
    """A call of a session's method that stands alone as a statement.

    Attributes:
        call: The call.
        statement: The statement that it makes up.
        method: ``add``, ``commit``...
        session: The text of the session.
        block: The statements among which it stands.
    """

    call: ast.Call
    statement: ast.stmt
    method: str
    session: str
    block: Block

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.statement.lineno

    def gives(self, name: str) -> bool:
        """Whether a variable is its first argument, or among a list that is."""
        argument: ast.expr | None = self.call.args[0] if self.call.args else None
        if argument is None:
            argument = next((one.value for one in self.call.keywords if one.arg == "instance"), None)
        if isinstance(argument, ast.List | ast.Tuple):
            return any(isinstance(one, ast.Name) and one.id == name for one in argument.elts)
        return isinstance(argument, ast.Name) and argument.id == name

    @property
    def attributes(self) -> set[str] | None:
        """The attributes that a ``refresh`` names; None for all."""
        named: ast.expr | None = self.call.args[1] if len(self.call.args) > 1 else None
        for keyword in self.call.keywords:
            if keyword.arg == "attribute_names":
                named = keyword.value
        if named is None or (isinstance(named, ast.Constant) and named.value is None):
            return None
        if isinstance(named, ast.List | ast.Tuple | ast.Set):
            return {str(one.value) for one in named.elts if isinstance(one, ast.Constant)}
        return set()


def session_calls(kinds: Kinds, unit: Unit) -> list[SessionCall]:
    """Return a unit's own calls of session methods that are statements, in the order of the text.

    Args:
        kinds: The analysis of the project.
        unit: The function or module.
    """
    source = unit.source if isinstance(unit, Module) else unit.module.source
    found: list[SessionCall] = []
    for statement, block in statements_of(unit):
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if kinds.is_session(call.func.value):
            text = source.segment(call.func.value)
            found.append(SessionCall(call, statement, call.func.attr, text, block))
    return found


def storing_units(kinds: Kinds) -> dict[ast.AST, set[Unit]]:
    """Return, by constructor call, the functions that add its instance to a session.

    Args:
        kinds: The analysis of the project.
    """
    found: dict[ast.AST, set[Unit]] = {}
    for module in kinds.project.modules:
        for call in kinds.calls(module):
            if not isinstance(call.func, ast.Attribute) or call.func.attr not in ("add", "add_all", "refresh"):
                continue
            unit = kinds.unit(call)
            if unit is None or not call.args or not kinds.is_session(call.func.value):
                continue
            for instance, _ in instances_in(kinds.values(call.args[0])):
                if instance.site is not None and not instance.path:
                    found.setdefault(instance.site, set()).add(unit)
    return found


def last_in_each_block(calls: list[SessionCall]) -> list[SessionCall]:
    """Return those calls behind which no other stands in the same block or in one around it.

    Args:
        calls: Calls of one unit, in the order of the text.
    """
    return [
        call
        for index, call in enumerate(calls)
        if not any(call.block[: len(later.block)] == later.block for later in calls[index + 1 :])
    ]


def is_bound_at(unit: Unit, name: str, call: SessionCall) -> bool:
    """Whether a variable has a value wherever a call is reached: bound before it, in its block or one around it.

    Args:
        unit: The function or module.
        name: The variable.
        call: The call.
    """
    if isinstance(unit, Function) and any(parameter.name == name for parameter in unit.parameters):
        return True
    for statement, block in statements_of(unit):
        if statement.lineno > call.line or call.block[: len(block)] != block:
            continue
        heads: list[ast.AST] = [statement]
        if isinstance(statement, ast.For | ast.AsyncFor):
            heads = [statement.target]
        elif isinstance(statement, ast.With | ast.AsyncWith):
            heads = [item.optional_vars for item in statement.items if item.optional_vars is not None]
        elif isinstance(statement, ast.If | ast.While | ast.Try | ast.Match):
            continue
        if any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
            for head in heads
            for node in walk(head)
        ):
            return True
    return False

"""Reads of instances that were made and stored before in the same function, one after the other in a loop."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from greenshift.shift.kinds import Kinds
from greenshift.shift.loading.session_calls import SessionCall
from greenshift.shift.loading.statements import statements_of
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk


@dataclass(frozen=True, slots=True)
class StoredRead:
    """A read before whose statement the session that stored the instance can load what is read.

    Attributes:
        unit: The function.
        statement: The statement that reads.
        text: The refresh; empty where it is written already.
    """

    unit: Function
    statement: ast.stmt
    text: str


def read_once_stored(
    kinds: Kinds, calls: Mapping[Function | Module, list[SessionCall]], reader: tuple[Module, ast.AST], name: str
) -> StoredRead | None:
    """Return a read of a variable's relationship behind a ``commit`` or ``flush`` that is always passed before it.

    Args:
        kinds: The analysis of the project.
        calls: The session calls of each function.
        reader: The expression that reads, and its module.
        name: The relationship.
    """
    module, node = reader
    unit = kinds.unit(node)
    if not isinstance(unit, Function) or unit.is_lambda or unit.module is not module:
        return None
    if not isinstance(node, ast.Attribute) or node.attr != name or not isinstance(node.value, ast.Name):
        return None
    blocks = {id(statement): (statement, block) for statement, block in statements_of(unit)}
    current: ast.AST | None = node
    while current is not None and id(current) not in blocks:
        if isinstance(current, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            targets = [inner for generator in current.generators for inner in walk(generator.target)]
            if any(isinstance(one, ast.Name) and one.id == node.value.id for one in targets):
                return None
        current = kinds.parents.get(current)
    if current is None:
        return None
    statement, block = blocks[id(current)]
    if isinstance(statement, ast.While) or module.source.text.startswith("elif", module.source.start(statement)):
        # Nothing can be put before the head that is evaluated again, or in the middle of a condition.
        return None
    before = [
        call for call in calls.get(unit, ()) if call.line < statement.lineno and block[: len(call.block)] == call.block
    ]
    stored = [call for call in before if call.method in ("commit", "flush")]
    if not stored:
        return None
    if any(
        call.method == "refresh" and call.gives(node.value.id) and name in (call.attributes or ())
        for call in before
        if call.line > stored[-1].line
    ):
        return StoredRead(unit, statement, "")
    return StoredRead(unit, statement, f'{stored[-1].session}.refresh({node.value.id}, ["{name}"])')

"""What a name surely is a session of."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from greenshift.check.facts.engine import EngineKind
from greenshift.check.source.source_file import FunctionNode, SourceFile
from greenshift.check.usage.names import Names

_STEPS = 4


@dataclass(frozen=True, slots=True)
class BoundSession:
    """A name that is bound to a session.

    Attributes:
        kind: whether it is a ``sync`` or an ``async`` one.
        unit: the function or module that binds the name.
        binding: the parameter, the ``with`` item or the value that makes it a session.
    """

    kind: EngineKind
    unit: ast.AST
    binding: ast.AST


def bound_session(names: Names, file: SourceFile, node: ast.Name) -> BoundSession | None:
    """Return the session that a name surely is; None if it may be something else, or be bound more than once.

    Args:
        names: what the program's names mean.
        file: the file.
        node: where the name is used.
    """
    unit = names.bindings(file).owner(node, node.id)
    if unit is None:
        return None
    values = names.bindings(file).of(unit).assigned.get(node.id, [])
    if len(values) != 1:
        return None
    value = values[0]
    if value is not None:
        kind = session_kind(names, file, value)
        return BoundSession(kind, unit, value) if kind is not None else None
    if isinstance(unit, FunctionNode):
        for argument in (*unit.args.posonlyargs, *unit.args.args, *unit.args.kwonlyargs):
            if argument.arg == node.id:
                kind = _annotated(file, names, argument.annotation, _STEPS)
                return BoundSession(kind, unit, argument) if kind is not None else None
    for item in file.nodes(ast.withitem):
        target = item.optional_vars
        if isinstance(target, ast.Name) and target.id == node.id and names.bindings(file).unit(target) is unit:
            kind = session_kind(names, file, item.context_expr)
            return BoundSession(kind, unit, item) if kind is not None else None
    return None


def session_kind(names: Names, file: SourceFile, node: ast.expr) -> EngineKind | None:
    """Return the kind of the session that an expression makes; None if it surely makes none.

    Args:
        names: what the program's names mean.
        file: the file.
        node: the expression, such as ``SessionLocal()``.
    """
    if not isinstance(node, ast.Call):
        return None
    made = [factory for factory in names.factories(file, node) if factory.is_session]
    called = [factory for factory in names.factories(file, node.func) if not factory.is_session]
    kinds = {factory.kind for factory in (*made, *called)}
    return kinds.pop() if len(kinds) == 1 else None


def is_scoped(names: Names, file: SourceFile, node: ast.expr) -> bool:
    """Return whether an expression is a ``scoped_session``, or something that it was assigned to.

    Args:
        names: what the program's names mean.
        file: the file.
        node: the expression, such as the ``func`` of a call.
    """
    if isinstance(node, ast.Call):
        return (file.name(node.func) or "").rpartition(".")[2] in ("scoped_session", "async_scoped_session")
    assigned = names.assigned(file, node)
    return assigned is not None and isinstance(assigned[1], ast.Call) and is_scoped(names, *assigned)


def _annotated(file: SourceFile, names: Names, node: ast.expr | None, steps: int) -> EngineKind | None:
    """Return the kind of session that an annotation says: ``AsyncSession``, ``Annotated[...]``, or an alias."""
    if node is None or not steps:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            parsed = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return None
        return _annotated(file, names, parsed, steps - 1) if isinstance(parsed, ast.Name) else None
    if isinstance(node, ast.Subscript):
        inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else None
        is_annotated = (file.name(node.value) or "").rpartition(".")[2] == "Annotated"
        return _annotated(file, names, inner, steps - 1) if is_annotated else None
    dotted = file.name(node) or ""
    if dotted.startswith(("sqlalchemy.", "sqlmodel.")):
        return {"AsyncSession": "async", "Session": "sync"}.get(dotted.rpartition(".")[2])  # type: ignore[return-value]
    alias = names.assigned(file, node) if isinstance(node, ast.Name | ast.Attribute) else None
    return _annotated(alias[0], names, alias[1], steps - 1) if alias is not None else None

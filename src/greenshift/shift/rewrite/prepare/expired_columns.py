"""Loads columns again that a bulk UPDATE or a flush expires, for readers that nobody can trace.

Both expire what the database computed: ``onupdate=func.now()``, ``.values(count=Item.count + 1)``,
``item.changed = func.now()``; a flush expires every ``column_property`` of what it writes. Whoever held the instance
reloaded it by reading it, wherever that was. Events are told of where a session can still send something.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.kinds.names import is_sqlalchemy
from greenshift.shift.kinds.values import ClassValue, External, ExternalInstance, Instance, Statement
from greenshift.shift.loading.columns import columns_of
from greenshift.shift.loading.lazy_columns import FLUSH_LISTENER, LazyColumns
from greenshift.shift.project import Class, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.definitions import insert_definition, top_statement
from greenshift.shift.rewrite.prepare.expire_on_commit import makes_sessions

NAME = "load_expired_columns"
UPDATING, FLUSHING = "load_what_an_update_expires", FLUSH_LISTENER


def load_expired_columns(context: Context) -> None:
    """Listen, beside the application's session factory, for what expires columns, and load them at once.

    Args:
        context: The stage's context.
    """
    if any(NAME in module.top for module in context.project.modules):
        return
    updates = _expiring_updates(context)
    assigned = _assigned_expressions(context) or LazyColumns(context.kinds).has_computed
    if not updates and not assigned:
        return
    for module in context.project.modules:
        if module.is_test:
            continue
        for call in context.kinds.calls(module):
            before = top_statement(context, call) if makes_sessions(context, module, call) else None
            if before is not None:
                text = _definitions(context, module, updates=updates, assigned=assigned)
                insert_definition(context, module, before, text)
                context.count("listeners that load expired columns")
                return


def _expiring_updates(context: Context) -> bool:
    """Whether a bulk UPDATE computes columns of a model in the database."""
    kinds = context.kinds
    for module in context.project.modules:
        for call in kinds.calls(module):
            if is_sqlalchemy(kinds.library_name(module, call.func) or "", "update") and call.args:
                models = _models(context, call.args[0])
                if any(one.expires_on_update for cls in models for one in columns_of(kinds.classes, cls).values()):
                    return True
            elif isinstance(call.func, ast.Attribute) and call.func.attr == "values":
                statements = [one for one in kinds.values(call.func.value) if isinstance(one, Statement)]
                given = [*call.args, *(keyword.value for keyword in call.keywords)]
                if any(one.verb == "update" for one in statements) and any(
                    _is_computed(context, value) for one in given for value in _single(one)
                ):
                    return True
    return False


def _assigned_expressions(context: Context) -> bool:
    """Whether a column of an instance is set to what the database computes."""
    for module in context.project.modules:
        for node in module.source.nodes:
            if not isinstance(node, ast.Assign) or not _is_computed(context, node.value):
                continue
            for target in node.targets:
                if isinstance(target, ast.Attribute) and any(
                    isinstance(value, Instance) and target.attr in columns_of(context.kinds.classes, value.cls)
                    for value in context.kinds.values(target.value)
                ):
                    return True
    return False


def _models(context: Context, node: ast.expr) -> Iterator[Class]:
    for value in context.kinds.values(node):
        if isinstance(value, ClassValue) and context.kinds.classes.is_model(value.cls):
            yield value.cls


def _single(node: ast.expr) -> list[ast.expr]:
    return node.values if isinstance(node, ast.Dict) else [node]


def _is_computed(context: Context, node: ast.expr) -> bool:
    """Whether an expression is SQL: a function, or an expression of columns."""
    for part in walk(node):
        if isinstance(part, ast.Attribute):
            if any(isinstance(value, ClassValue) for value in context.kinds.values(part.value)):
                return any(part.attr in columns_of(context.kinds.classes, cls) for cls in _models(context, part.value))
        elif isinstance(part, ast.Call):
            values = context.kinds.values(part.func)
            if any(isinstance(value, External | ExternalInstance) and _is_sql(value.name) for value in values):
                return True
    return False


def _is_sql(name: str) -> bool:
    return is_sqlalchemy(name, "text", "case", "cast", "literal_column", "select") or (
        name.partition(".")[0] == "sqlalchemy" and "func" in name.split(".")
    )


def _definitions(context: Context, module: Module, *, updates: bool, assigned: bool) -> str:
    imports = context.imports(module)
    event, inspect = imports.need("sqlalchemy", "event"), imports.need("sqlalchemy", "inspect")
    session, gone = imports.need("sqlalchemy.orm", "Session"), imports.need("sqlalchemy.exc", "InvalidRequestError")
    lines = [
        f"def {NAME}(session: {session}) -> None:",
        '    """Load the columns that the database computed: an async session cannot do it when they are read."""',
        "    for instance in session.identity_map.values():",
        f"        state = {inspect}(instance)",
        "        expired = state.expired_attributes & state.unloaded & set(state.mapper.column_attrs.keys())",
        "        if expired and not state.expired:",
        "            try:",
        "                session.refresh(instance, expired)",
        f"            except {gone}:",
        "                # Its row is gone: whoever reads it is told so.",
        "                continue",
    ]
    if updates:
        state, result = imports.need("sqlalchemy.orm", "ORMExecuteState"), imports.need("sqlalchemy", "Result")
        anything = imports.need("typing", "Any")
        lines += [
            "",
            "",
            f'@{event}.listens_for({session}, "do_orm_execute")',
            f"def {UPDATING}(state: {state}) -> {result}[{anything}] | None:",
            '    """Load what a bulk UPDATE expires of the instances that its session holds."""',
            "    if not state.is_update:",
            "        return None",
            "    result = state.invoke_statement()",
            f"    {NAME}(state.session)",
            "    return result",
        ]
    if assigned:
        lines += [
            "",
            "",
            f'@{event}.listens_for({session}, "after_flush_postexec")',
            f"def {FLUSHING}(session: {session}, flush_context: object) -> None:",
            '    """Load what a flush expires of the instances that it wrote."""',
            f"    {NAME}(session)",
        ]
    return "\n".join(lines)

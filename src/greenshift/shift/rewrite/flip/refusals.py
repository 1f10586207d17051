"""Handlers of failed connections also take what asyncpg raises then, which SQLAlchemy does not wrap.

Where no connection comes about, psycopg's error becomes SQLAlchemy's ``OperationalError``. With asyncpg SQLAlchemy lets
through the ``OSError`` where nobody listens or the host is unknown; and where the server refuses (the password, the
database, too many clients) asyncpg's own ``PostgresError`` in SQLAlchemy 2.0, and a bare ``DBAPIError`` in 2.1.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from greenshift.shift.facts import mentions_postgresql
from greenshift.shift.kinds.annotations import own_nodes
from greenshift.shift.project import Module
from greenshift.shift.rewrite.context import Context

FAILURES = {"OperationalError", "InterfaceError"}
"""Errors of SQLAlchemy that say that there is no connection."""
GENERAL = {"DBAPIError", "SQLAlchemyError"}
"""Errors that say so among others: they count where nothing but the connection is tried."""
WIDE = {"Exception", "BaseException", "OSError", "IOError", "ConnectionError", "EnvironmentError"}


def take_refusals(context: Context) -> None:
    """Widen the handlers of failed connections, where the driver is asyncpg.

    Args:
        context: The flip's context, with its colours.
    """
    colours = context.colours
    assert colours is not None
    if context.options.postgres_driver != "asyncpg":
        return
    if not any(mentions_postgresql(module.source.text) for module in context.project.modules):
        return
    for module in context.project.modules:
        for node in module.source.nodes_of(ast.Try):
            sent = [one for one in _of_body(node) if one in colours.awaits or _is_context(context, one)]
            if not sent or any(name in WIDE for handler in node.handlers for name in _names(handler.type)):
                continue
            for handler in node.handlers:
                if handler.type is not None and _means_refusal(context, module, handler.type, sent):
                    _widen(context, module, handler.type, is_probe=all(map(_only_connects, sent)))


def _of_body(node: ast.Try) -> Iterator[ast.AST]:
    for statement in node.body:
        yield statement
        yield from own_nodes(ast.Module([statement], []))


def _is_context(context: Context, node: ast.AST) -> bool:
    """Whether a statement enters a session or a connection."""
    assert context.colours is not None
    return isinstance(node, ast.With) and any(item in context.colours.async_withs for item in node.items)


def _means_refusal(context: Context, module: Module, node: ast.expr, sent: list[ast.AST]) -> bool:
    elements = node.elts if isinstance(node, ast.Tuple) else [node]
    found = {
        name.rpartition(".")[2]
        for name in (context.kinds.library_name(module, one) for one in elements)
        if name is not None and name.partition(".")[0] in ("sqlalchemy", "sqlmodel")
    }
    return bool(found & FAILURES) or (bool(found & GENERAL) and all(_only_connects(one) for one in sent))


def _only_connects(node: ast.AST) -> bool:
    """Whether what is sent only tries the connection: ``engine.connect()``, or ``SELECT 1``."""
    if isinstance(node, ast.With):
        return all("connect" in ast.unparse(item.context_expr) for item in node.items)
    text = ast.unparse(node).lower()
    return "select 1" in text or text.endswith(".connect()")


def _names(node: ast.expr | None) -> Iterator[str]:
    for one in node.elts if isinstance(node, ast.Tuple) else [node]:
        if one is None:
            yield "BaseException"
        elif isinstance(one, ast.Name | ast.Attribute):
            yield ast.unparse(one).rpartition(".")[2]


def _widen(context: Context, module: Module, node: ast.expr, *, is_probe: bool) -> None:
    edits, source, imports = context.edits(module), module.source, context.imports(module)
    more = f"OSError, {imports.need('asyncpg', 'PostgresError')}"
    if is_probe and not set(_names(node)) & GENERAL:
        # Where more is sent, it would take what the statements raise as well.
        more = f"{imports.need('sqlalchemy.exc', 'DBAPIError')}, {more}"
    if isinstance(node, ast.Tuple):
        edits.insert_after(node.elts[-1], f", {more}")
    else:
        edits.replace_node(node, f"({source.segment(node)}, {more})")
    context.count("refusals")

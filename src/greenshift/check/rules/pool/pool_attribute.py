"""GS110: attributes of a pool that do not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.rules.pool.pool_attribute_samples import BAD, GOOD
from greenshift.check.rules.rule import Rule
from greenshift.check.source.source_file import SourceFile
from greenshift.check.usage.names import Names
from greenshift.check.usage.usage import usage_of
from greenshift.report.findings import Finding, Severity

# What every pool has, and what only a queue has: sqlalchemy.pool.Pool and QueuePool of 2.0 and 2.1.
_EVERY: Final = frozenset(("connect", "dispatch", "dispose", "echo", "logger", "logging_name", "recreate", "status"))
_QUEUE: Final = frozenset(("checkedin", "checkedout", "overflow", "size", "timeout"))
_QUEUES: Final = ("QueuePool", "AsyncAdaptedQueuePool")
_OTHERS: Final = ("NullPool", "StaticPool", "AssertionPool")
_MEANT: Final = {
    "total": "size() + overflow()",
    "checked_in": "checkedin()",
    "checked_out": "checkedout()",
    "pool_size": "size()",
    "active": "checkedout()",
    "idle": "checkedin()",
    "free": "checkedin()",
    "max_overflow": "no public attribute: keep the number that create_engine is given",
    "invalid": "no count of them: count the pool's invalidate events",
    "invalidated": "no count of them: count the pool's invalidate events",
}


class PoolAttribute(Rule):
    """``engine.pool.invalid()``."""

    id = "GS110"
    title = "an attribute of the pool that does not exist"
    severity = Severity.ERROR
    why = (
        "A queue has size(), checkedin(), checkedout(), overflow() and status(); there is no total(), invalid(), "
        "checked_in() or max_overflow. NullPool, StaticPool and AssertionPool have status() alone. Status endpoints "
        "that ask for more raise AttributeError, just when somebody wants to see what the pool is doing; behind an "
        "`except Exception` they say of a healthy database that it is unhealthy. Often a test with a mock in place of "
        "the engine had said that they work."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool"
    fix = "use size(), checkedin(), checkedout(), overflow() of a queue, or status() of any pool"
    bad = BAD
    good = GOOD

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at every attribute of an engine's pool."""
        names = usage_of(program).names
        for file in program.files:
            if ".pool" not in file.text:
                continue
            for node in file.nodes(ast.Attribute):
                if node.attr.startswith("_") or not isinstance(node.ctx, ast.Load):
                    continue
                engines = _pool_of(names, file, node.value)
                if engines and not _is_guarded(file, node):
                    yield from self._attribute(file, node, engines)

    def _attribute(self, file: SourceFile, node: ast.Attribute, engines: tuple[Engine, ...]) -> Iterable[Finding]:
        if not all(_lacks(engine, node.attr) for engine in engines):
            return
        known = engines[0].pool_class.known
        pool = f"'{known.last}' object" if isinstance(known, Symbol) else "a pool"
        instead = _MEANT.get(node.attr, "")
        yield self.found(
            f"AttributeError: {pool} has no attribute '{node.attr}'"
            + (f" ({instead})" if instead and isinstance(known, Symbol) and known.last in _QUEUES else ""),
            file.place(node),
            subject=f"pool.{node.attr} in {file.path}",
        )


def _pool_of(names: Names, file: SourceFile, node: ast.expr) -> tuple[Engine, ...]:
    """Return the engines whose pool an expression is."""
    if isinstance(node, ast.Name):
        assigned = names.assigned(file, node)
        if assigned is None:
            return ()
        file, node = assigned
    if not isinstance(node, ast.Attribute) or node.attr != "pool":
        return ()
    owner = node.value
    if isinstance(owner, ast.Attribute) and owner.attr == "sync_engine":
        owner = owner.value
    if isinstance(owner, ast.Attribute) and owner.attr == "engine":
        # db.engine of Flask-SQLAlchemy.
        found = names.engines(file, owner.value)
        if found and all(engine.made_by == "SQLAlchemy" for engine in found):
            return found
    return names.engines(file, owner)


def _lacks(engine: Engine, name: str) -> bool:
    if name in _EVERY:
        return False
    if name not in _QUEUE:
        return not engine.pool_class.unknown and all(
            isinstance(option.value, Symbol) and option.value.last in (*_QUEUES, *_OTHERS)
            for option in engine.pool_class.options
        )
    return engine.pool_class.surely(lambda pool: isinstance(pool, Symbol) and pool.last in _OTHERS)


def _is_guarded(file: SourceFile, node: ast.Attribute) -> bool:
    """Whether the code asks first (``hasattr``), or catches what is raised."""
    caught = _caught(file, node)
    # Whatever a pool may lack can be left out of a report; what no pool has is missing from every one.
    if "AttributeError" in caught or (node.attr in _QUEUE and caught & {"", "Exception", "BaseException"}):
        return True
    around = file.function(node) or file.tree
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and (
            (call.func.id in ("hasattr", "getattr") and _names_it(call, node.attr))
            or (call.func.id == "isinstance" and node.attr in _QUEUE)
        )
        for call in ast.walk(around)
    )


def _caught(file: SourceFile, node: ast.AST) -> set[str]:
    """Return the names of the exceptions that are caught around a node; "" for all of them."""
    found: set[str] = set()
    above: ast.AST | None = node
    while above is not None:
        child, above = above, file.parent(above)
        if isinstance(above, ast.Try) and child in above.body:
            for handler in above.handlers:
                types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
                found.update((file.name(kind) or "") if kind is not None else "" for kind in types)
        elif isinstance(above, ast.With):
            found.update(
                file.name(argument) or ""
                for item in above.items
                if isinstance(item.context_expr, ast.Call)
                and (file.name(item.context_expr.func) or "").endswith("suppress")
                for argument in item.context_expr.args
            )
    return found


def _names_it(call: ast.Call, name: str) -> bool:
    return len(call.args) > 1 and (not isinstance(call.args[1], ast.Constant) or call.args[1].value == name)

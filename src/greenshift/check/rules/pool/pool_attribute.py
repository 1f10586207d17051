"""GS110: attributes of a pool that do not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.rules.rule import Rule, code
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
        "that ask for more raise AttributeError, just when somebody wants to see what the pool is doing; often a test "
        "with a mock in place of the engine had said that they work."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#sqlalchemy.pool.QueuePool"
    fix = "use size(), checkedin(), checkedout(), overflow() of a queue, or status() of any pool"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


async def pool_status():
    pool = engine.pool
    return {"size": pool.size(), "invalid": pool.invalid()}
""",
            finds="has no attribute 'invalid'",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)


def pool_status():
    return {"size": engine.pool.size()}
""",
            finds="'NullPool' object has no attribute 'size'",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


def in_use():
    return engine.sync_engine.pool.checked_out()
""",
            finds="checkedout()",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)


async def pool_status():
    pool = engine.pool
    return {
        "size": pool.size(),
        "in": pool.checkedin(),
        "out": pool.checkedout(),
        "overflow": pool.overflow(),
        "all": engine.sync_engine.pool.status(),
    }
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://app@db/shop", poolclass=NullPool)


def pool_status():
    pool = engine.pool
    return {
        "size": pool.size() if hasattr(pool, "size") else None,
        "out": getattr(pool, "checkedout", lambda: None)(),
    }


def sizes():
    try:
        return engine.pool.size()
    except AttributeError:
        return None
"""
        ),
        code(
            """\
import os

from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool, QueuePool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=NullPool if os.environ.get("TESTING") else QueuePool)


def pool_status():
    return {"size": engine.pool.size()}
"""
        ),
        code(
            """\
from app.workers import engine


def status():
    return engine.pool.total()
"""
        ),
    )

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
    above: ast.AST | None = node
    while above is not None:
        child, above = above, file.parent(above)
        if isinstance(above, ast.Try) and child in above.body:
            return True
    around = file.function(node) or file.tree
    return any(
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in ("hasattr", "getattr", "isinstance")
        for call in ast.walk(around)
    )

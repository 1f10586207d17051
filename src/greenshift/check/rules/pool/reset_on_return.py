"""GS108: what becomes of unfinished work when a connection goes back to the pool."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Symbol
from greenshift.check.rules.rule import Rule, code
from greenshift.check.source.source_file import SourceFile
from greenshift.report.findings import Finding, Severity


class ResetOnReturn(Rule):
    """``pool_reset_on_return="commit"`` or ``None``."""

    id = "GS108"
    title = "unfinished work is committed, or left open, when a connection goes back to the pool"
    severity = Severity.WARNING
    why = (
        'With pool_reset_on_return="commit" a connection that comes back in the middle of a transaction is '
        "committed. Connection and Session roll back when they are closed; but a raw_connection() that an exception "
        "leaves, and a Session that nobody closed and that is collected as garbage, have half of their work made "
        "permanent (both tried on SQLAlchemy 2.0 and 2.1). With None the transaction stays open in the pool, with its "
        "locks, and the next user of the connection continues it; that is right only with a reset event of one's own."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/pooling.html#reset-on-return"
    fix = "leave pool_reset_on_return out, which means rollback"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_reset_on_return="commit", pool_pre_ping=True)
""",
            fixed="""\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
""",
            finds="unfinished work is committed",
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_reset_on_return=None, pool_pre_ping=True)
""",
            finds="left open",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_reset_on_return="rollback")
"""
        ),
        code(
            """\
from sqlalchemy import create_engine, event

engine = create_engine("postgresql+psycopg://app@db/shop", pool_reset_on_return=None)


@event.listens_for(engine, "reset")
def reset(connection, record, state):
    connection.rollback()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://app@db/shop", pool_reset_on_return=None, isolation_level="AUTOCOMMIT"
)
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the argument."""
        given = engine.argument("pool_reset_on_return")
        if given is None:
            return
        place = engine.argument_place("pool_reset_on_return")
        if given.surely(lambda value: value == "commit"):
            written = engine.written.get("pool_reset_on_return")
            yield self.found(
                'pool_reset_on_return="commit": unfinished work is committed when its connection goes back to the pool',
                place,
                subject=engine.subject,
                edits=[written.removed()] if written is not None else [],
            )
        elif (
            given.surely(lambda value: value is None or value is False or value == "none")
            and not engine.pool_class.surely(lambda pool: isinstance(pool, Symbol) and pool.last == "NullPool")
            and not engine.setting("isolation_level").possible(lambda level: level == "AUTOCOMMIT")
            and not any(_has_reset_event(file) for file in program.files)
        ):
            yield self.found(
                f"pool_reset_on_return={given}: a transaction is left open in the pool, with its locks",
                place,
                subject=engine.subject,
                severity=Severity.ADVICE,
            )


def _has_reset_event(file: SourceFile) -> bool:
    return any(node.value == "reset" for node in file.nodes(ast.Constant))

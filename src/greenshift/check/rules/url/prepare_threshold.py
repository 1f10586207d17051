"""GS209: psycopg's prepared statements behind a PgBouncer in transaction mode."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program
from greenshift.check.reference.addresses import transaction_pooling
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.report.findings import Edit, Finding, Place, Severity

_TRANSACTION = '[tool.greenshift.check]\nproxy = "pgbouncer-transaction"\n'


class PrepareThreshold(Rule):
    """psycopg 3 behind a PgBouncer, without ``prepare_threshold=None``."""

    id = "GS209"
    title = "psycopg's prepared statements behind a PgBouncer in transaction mode"
    severity = Severity.WARNING
    why = (
        "psycopg (3) prepares a statement that a connection runs for the sixth time; prepare_threshold=0 prepares "
        "every one, and only None none. A PgBouncer in transaction mode gives the next transaction another "
        'connection of the server: `prepared statement "_pg3_0" already exists` (tried behind PgBouncer 1.18, with a '
        "queue and with NullPool). It appears under load, not in tests, because statements must repeat. PgBouncer "
        "1.22 or later with max_prepared_statements, and a libpq of PostgreSQL 17, do without. psycopg2 prepares "
        "nothing."
    )
    source = "https://www.psycopg.org/psycopg3/docs/advanced/prepare.html#using-prepared-statements-with-pgbouncer"
    fix = 'connect_args={"prepare_threshold": None}'
    bad = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
""",
                "pyproject.toml": _TRANSACTION,
            },
            fixed={
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True, connect_args={"prepare_threshold": None})
"""
            },
            finds="prepare_threshold",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    "postgresql+psycopg://app@db:6543/shop",
    connect_args={"prepare_threshold": 0},
    pool_pre_ping=True,
)
""",
            finds="prepare_threshold=0 prepares every statement",
        ),
    )
    good = (
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", connect_args={"prepare_threshold": None})
""",
                "pyproject.toml": _TRANSACTION,
            }
        ),
        Sample(
            {
                "app/database.py": """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg2://app@db/shop")
""",
                "pyproject.toml": _TRANSACTION,
            }
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://app@db/shop", connect_args={"prepare_threshold": 0})
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at ``prepare_threshold``."""
        pooling = transaction_pooling(engine, program)
        given = engine.connect_arguments
        if engine.driver not in ("psycopg", "psycopg_async") or not pooling or given is None:
            return
        threshold = given.get("prepare_threshold")
        if threshold is None:
            wrong = "psycopg prepares statements that repeat (no prepare_threshold=None)"
        elif threshold.surely(lambda value: value == 0):
            wrong = "prepare_threshold=0 prepares every statement; None means none"
        elif threshold.surely(lambda value: isinstance(value, int)):
            wrong = f"psycopg prepares statements that repeat (prepare_threshold={threshold})"
        else:
            return
        place = engine.addition if "connect_args" not in engine.arguments else None
        yield self.found(
            f'behind a PgBouncer in transaction mode {wrong}: prepared statement "_pg3_0" already exists',
            (threshold.place if threshold is not None else None) or engine.argument_place("connect_args"),
            subject=engine.subject,
            severity=Severity.ADVICE if pooling == "possible" and threshold is None else None,
            edits=[] if place is None else [_added(*place)],
        )


def _added(place: Place, before: str) -> Edit:
    return Edit(place, f'{before}connect_args={{"prepare_threshold": None}}')

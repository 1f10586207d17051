"""GS307: sessions of an engine that commits every statement."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Finding, Severity


class AutocommitEngine(Rule):
    """``isolation_level="AUTOCOMMIT"`` on the engine of a session factory whose sessions roll back."""

    id = "GS307"
    title = "sessions roll back, and their engine commits every statement"
    severity = Severity.ADVICE
    why = (
        'With isolation_level="AUTOCOMMIT" the database commits each statement by itself. session.rollback() then '
        "undoes nothing in the database (the row that it was to undo was there when it was tried), and a request that "
        "fails half-way leaves half of its work. For code that only reads it saves round trips, and is right."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/connections.html#understanding-the-dbapi-level-autocommit-isolation-level"
    fix = 'give sessions that write an engine without it: engine.execution_options(isolation_level="READ COMMITTED")'
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", isolation_level="AUTOCOMMIT", pool_pre_ping=True)
SessionLocal = sessionmaker(engine)


def save(user):
    session = SessionLocal()
    try:
        session.add(user)
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()
""",
            finds="rollback() undoes nothing",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", isolation_level="AUTOCOMMIT")
ReadOnly = sessionmaker(engine)


def users(statement):
    with ReadOnly() as session:
        return session.scalars(statement).all()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", isolation_level="REPEATABLE READ")
SessionLocal = sessionmaker(engine)


def save(session, user):
    session.add(user)
    session.rollback()
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

admin = create_engine("postgresql+psycopg://app@db/postgres", isolation_level="AUTOCOMMIT")


def create(name):
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        connection.rollback()
"""
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the isolation level, the factories and whether anything rolls back."""
        given = engine.argument("isolation_level")
        if given is None or engine.scope in (Scope.TEST, Scope.SCRIPT):
            return
        if not given.surely(lambda value: isinstance(value, str) and value.upper() == "AUTOCOMMIT"):
            return
        factory = next((factory for factory in program.session_factories if factory.engine is engine), None)
        rolls_back = any(node.attr == "rollback" for file in program.files for node in file.nodes(ast.Attribute))
        if factory is not None and rolls_back:
            yield self.found(
                f"sessions of {factory.name} use an engine that commits every statement: rollback() undoes nothing",
                engine.argument_place("isolation_level"),
                subject=engine.subject,
                related=[(factory.place, "the session factory")],
            )

"""GS305: an argument that Session does not have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Program, SessionFactory, Symbol
from greenshift.check.rules.rule import Rule, code
from greenshift.report.findings import Edit, Finding, Place, Severity

# sqlalchemy.orm.Session of 2.0 and 2.1 (execution_options: 2.1 alone).
_SESSION: Final = frozenset(
    (
        "autobegin",
        "autocommit",
        "autoflush",
        "bind",
        "binds",
        "close_resets_only",
        "enable_baked_queries",
        "execution_options",
        "expire_on_commit",
        "future",
        "info",
        "join_transaction_mode",
        "query_cls",
        "twophase",
    )
)
_MORE: Final = {
    "Session": frozenset[str](),
    "sessionmaker": frozenset(("class_",)),
    "AsyncSession": frozenset(("sync_session_class",)),
    "async_sessionmaker": frozenset(("class_", "sync_session_class")),
}
_REMOVED: Final = frozenset(("weak_identity_map", "_enable_transaction_accounting", "extension", "prune"))
_INSTEAD: Final = {
    "subtransactions": "begin_nested() makes savepoints",
    "scopefunc": "an argument of scoped_session",
    "isolation_level": "an argument of the engine",
    "echo": "an argument of the engine",
    "pool_size": "an argument of the engine",
    "engine": "did you mean bind?",
}


class SessionArgument(Rule):
    """``sessionmaker(autocommit=True)``."""

    id = "GS305"
    title = "an argument that Session no longer takes, or never took"
    severity = Severity.ERROR
    why = (
        "sessionmaker keeps whatever it is given, and hands it to Session when a session is made: only then does it "
        "raise `TypeError: Session.__init__() got an unexpected keyword argument 'weak_identity_map'`, "
        "`ArgumentError: autocommit=True is no longer supported` or `The 'future' parameter passed to Session() may "
        "only be set to True`. These went with SQLAlchemy 2.0. autocommit=False, which means what Session does "
        "anyway, is still taken in 2.0 and 2.1."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.__init__"
    fix = "leave the argument out; for autocommit=True use session.begin(), or an engine with isolation_level"
    bad = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(autocommit=True, bind=engine)
""",
            finds="autocommit=True is no longer supported",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)


def users():
    with Session(engine, weak_identity_map=True) as session:
        return session.connection()
""",
            fixed="""\
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)


def users():
    with Session(engine) as session:
        return session.connection()
""",
            finds="weak_identity_map",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, expire_on_comit=False, expire_on_commit=False)
""",
            finds="expire_on_comit",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, autflush=False, expire_on_commit=False)
""",
            fixed="""\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
SessionLocal = async_sessionmaker(engine, autoflush=False, expire_on_commit=False)
""",
            finds="did you mean autoflush",
        ),
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop", pool_pre_ping=True)
SessionLocal = sessionmaker(engine, future=False)
""",
            finds="may only be set to True",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://app@db/shop")
SessionLocal = sessionmaker(autocommit=False, autoflush=False, bind=engine, future=True, info={"a": 1})
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.engine import engine
from app.sessions import RoutingSession

SessionLocal = async_sessionmaker(
    engine, class_=AsyncSession, sync_session_class=RoutingSession, expire_on_commit=False, autobegin=True
)
"""
        ),
        code(
            """\
from sqlalchemy.orm import Session, sessionmaker

from app.engine import engine


class Audited(Session):
    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user


SessionLocal = sessionmaker(engine, class_=Audited, user="system")
"""
        ),
        code(
            """\
from requests import Session

session = Session()
"""
        ),
    )

    def session_factory(self, factory: SessionFactory, program: Program) -> Iterable[Finding]:
        """Look at the names of the arguments."""
        known = _MORE.get(factory.made_by)
        if known is None or not _is_plain(factory):
            return
        for name, given in factory.arguments.items():
            wrong = ""
            if name == "autocommit" and given.surely(lambda value: value is True):
                wrong = "ArgumentError: autocommit=True is no longer supported"
            elif name == "future" and given.surely(lambda value: value is False):
                wrong = "ArgumentError: the 'future' parameter passed to Session() may only be set to True"
            elif name not in _SESSION | known and not given.unknown:
                close = next(iter(difflib.get_close_matches(name, sorted(_SESSION), 1, 0.8)), "")
                advice = _INSTEAD.get(name) or (f"did you mean {close}?" if close else "")
                wrong = f"TypeError: unexpected keyword argument '{name}'" + (f" ({advice})" if advice else "")
            if wrong:
                when = "" if factory.is_session else ", when a session is made"
                yield self.found(
                    f"{factory.made_by}: {wrong}{when}",
                    factory.argument_place(name),
                    subject=factory.subject,
                    edits=_edits(factory, name),
                )


def _is_plain(factory: SessionFactory) -> bool:
    """Whether sessions are SQLAlchemy's or SQLModel's own: another class may take more."""
    classes = [factory.argument("class_"), factory.argument("sync_session_class")]
    return all(
        given is None
        or given.surely(lambda value: isinstance(value, Symbol) and value.name.startswith(("sqlalchemy.", "sqlmodel.")))
        for given in classes
    )


def _edits(factory: SessionFactory, name: str) -> list[Edit]:
    written = factory.written.get(name)
    if written is None:
        return []
    if name in _REMOVED:
        return [written.removed()]
    close = next(iter(difflib.get_close_matches(name, sorted(_SESSION), 1, 0.8)), "")
    if name in _SESSION or not close or close in factory.arguments:
        return []
    start = written.place
    return [Edit(Place(start.file, start.line, start.column, start.line, start.column + len(name)), close)]

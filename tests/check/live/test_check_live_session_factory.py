"""What is seen of a session factory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from greenshift.check.facts import Symbol
from greenshift.check.live import read_live

Write = Callable[..., Path]


def test_factories_and_the_engines_behind_them(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from sqlalchemy.orm import Session, scoped_session, sessionmaker

        class OwnSession(Session):
            pass

        class OwnAsyncSession(AsyncSession):
            pass

        engine = create_async_engine("postgresql+asyncpg://db.internal/shop")
        Sessions = async_sessionmaker(engine, expire_on_commit=False)
        OldSessions = sessionmaker(engine, class_=AsyncSession, autoflush=False)
        OwnSessions = async_sessionmaker(engine, class_=OwnAsyncSession)
        Scoped = scoped_session(sessionmaker(create_engine("sqlite://"), class_=OwnSession))
        Unbound = sessionmaker()
        """
    )
    program = read_live(["app.db"], folder, name="shop")
    factories = {factory.name: factory for factory in program.session_factories}
    seen = {
        name: (factory.kind, factory.made_by, {key: str(value) for key, value in factory.arguments.items()})
        for name, factory in factories.items()
    }
    assert seen == {
        "Sessions": ("async", "async_sessionmaker", {"expire_on_commit": "False"}),
        "OldSessions": ("async", "sessionmaker", {"autoflush": "False", "class_": "AsyncSession"}),
        "OwnSessions": ("async", "async_sessionmaker", {"class_": "OwnAsyncSession"}),
        "Scoped": ("sync", "sessionmaker", {"class_": "OwnSession"}),
        "Unbound": ("sync", "sessionmaker", {}),
    }
    assert factories["Scoped"].arguments["class_"].known == Symbol("app.db.OwnSession")
    assert factories["Sessions"].engine is factories["OldSessions"].engine is program.engines[0]
    assert factories["Unbound"].engine is None
    assert [engine.name for engine in program.engines] == ["engine", "Scoped.bind"]
    assert {item.service for item in (*program.engines, *program.session_factories)} == {"shop"}


def test_a_factory_brings_its_engine_under_its_own_name(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        from sqlalchemy.orm import sessionmaker
        main_engine = create_engine("sqlite://", pool_size=3)
        SessionLocal = sessionmaker(main_engine)
        """
    )
    program = read_live(["app.db:SessionLocal"], folder)
    assert [engine.name for engine in program.engines] == ["main_engine"]
    assert program.session_factories[0].place.line == 4
    assert program.session_factories[0].is_live

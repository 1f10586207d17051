"""What is seen of an engine that was built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from greenshift.check.facts import Engine, Scope, Symbol, Text
from greenshift.check.live import read_live

Write = Callable[..., Path]


def only_engine(folder: Path, target: str = "app.db:engine") -> Engine:
    (engine,) = read_live([target], folder).engines
    return engine


def known(engine: Engine) -> dict[str, Any]:
    return {name: value.known for name, value in engine.arguments.items()}


def test_an_async_engine_with_everything(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy.ext.asyncio import create_async_engine

        engine = create_async_engine(
            "postgresql+asyncpg://shop@db.internal/shop", pool_size=20, max_overflow=30, pool_timeout=10,
            pool_recycle=300, pool_pre_ping=True, pool_use_lifo=True, pool_reset_on_return=None, echo=True,
            echo_pool=True, hide_parameters=True, isolation_level="REPEATABLE READ",
            execution_options={"logging_token": "shop"},
        )
        """
    )
    engine = only_engine(folder)
    values = known(engine)
    assert values.pop("execution_options")["logging_token"].known == "shop"
    assert values == {
        "pool_size": 20,
        "max_overflow": 30,
        "pool_timeout": 10,
        "pool_recycle": 300,
        "pool_pre_ping": True,
        "pool_use_lifo": True,
        "pool_reset_on_return": None,
        "echo": True,
        "echo_pool": True,
        "hide_parameters": True,
        "isolation_level": "REPEATABLE READ",
    }
    assert (engine.kind, engine.name, engine.scope, engine.is_live) == ("async", "engine", Scope.MODULE, True)
    assert (engine.dialect, engine.driver) == ("postgresql", "asyncpg")
    assert engine.pool_class.known == Symbol("sqlalchemy.pool.AsyncAdaptedQueuePool")
    assert engine.open_arguments == ""


def test_defaults_are_not_given_but_known(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        engine = create_engine("postgresql+psycopg://db.internal/shop")
        """
    )
    engine = only_engine(folder)
    assert engine.arguments == {}
    assert [engine.setting(name).known for name in ("pool_size", "max_overflow", "pool_timeout")] == [5, 10, 30]
    assert engine.pool_class.known == Symbol("sqlalchemy.pool.QueuePool")


@pytest.mark.parametrize(
    ("pool", "given"),
    [
        ("NullPool", {}),
        ("StaticPool", {}),
        ("AssertionPool", {}),
        ("SingletonThreadPool", {}),
        ("SingletonThreadPool, pool_size=7", {"pool_size": 7}),
        ("NullPool, pool_reset_on_return='commit'", {"pool_reset_on_return": "commit"}),
        ("StaticPool, pool_pre_ping=True, pool_recycle=60", {"pool_pre_ping": True, "pool_recycle": 60}),
    ],
)
def test_other_pools(application: Write, pool: str, given: dict[str, Any]) -> None:
    folder = application(
        app__db=f"""\
        from sqlalchemy import create_engine
        from sqlalchemy.pool import *
        engine = create_engine("postgresql+psycopg://db.internal/shop", poolclass={pool})
        """
    )
    name = pool.partition(",")[0]
    assert known(only_engine(folder)) == {"poolclass": Symbol(f"sqlalchemy.pool.{name}"), **given}


def test_a_pool_class_of_the_application(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        from sqlalchemy.pool import QueuePool

        class Counting(QueuePool):
            pass

        class Closed(QueuePool):
            def recreate(self):
                raise RuntimeError("no")

        engine = create_engine("postgresql+psycopg://db.internal/shop", poolclass=Counting)
        other = create_engine("postgresql+psycopg://db.internal/shop", poolclass=Closed, pool_size=3)
        """
    )
    engine = only_engine(folder)
    assert known(engine) == {
        "poolclass": Symbol("app.db.Counting"),
        "pool_size": 5,
        "max_overflow": 10,
        "pool_timeout": 30.0,
    }
    closed = only_engine(folder, "app.db:other")
    assert closed.open_arguments == "Closed does not show what it was made with"
    assert closed.setting("pool_size").unknown


def test_sqlite_in_memory_has_the_pools_of_its_own(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        from sqlalchemy.ext.asyncio import create_async_engine
        engine = create_engine("sqlite://")
        asynchronous = create_async_engine("sqlite+aiosqlite://")
        """
    )
    engines = read_live(["app.db"], folder).engines
    assert [known(engine) for engine in engines] == [{}, {}]
    assert [engine.pool_class.known.last for engine in engines] == ["SingletonThreadPool", "StaticPool"]


def test_connect_args_are_what_the_driver_gets_beyond_the_url(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy.ext.asyncio import create_async_engine
        engine = create_async_engine(
            "postgresql+asyncpg://shop@db.internal/shop?command_timeout=5",
            connect_args={"server_settings": {"statement_timeout": "3000"}, "statement_cache_size": 0},
        )
        """
    )
    engine = only_engine(folder)
    arguments = engine.connect_arguments
    assert arguments is not None
    assert set(arguments) == {"server_settings", "statement_cache_size"}
    assert arguments["statement_cache_size"].known == 0
    assert arguments["server_settings"].known["statement_timeout"].known == "3000"


def test_a_creator_of_the_application_is_never_called(application: Write) -> None:
    folder = application(
        app__db="""\
        from pathlib import Path
        from sqlalchemy import create_engine

        def connect():
            Path("called").touch()
            raise RuntimeError("called")

        engine = create_engine("postgresql+psycopg://", creator=connect)
        """
    )
    engine = only_engine(folder)
    assert engine.arguments["creator"].unknown
    assert not (folder / "called").exists()


def test_listeners_of_the_application(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import Engine, create_engine, event
        engine = create_engine("postgresql+psycopg://db.internal/shop")

        @event.listens_for(engine, "connect")
        def set_timeout(connection, record): ...

        @event.listens_for(engine, "do_connect")
        def sign(dialect, record, positional, named): ...

        @event.listens_for(Engine, "before_cursor_execute", named=True)
        def count(**named): ...

        @event.listens_for(engine.pool, "checkout")
        class Watch:
            def __init__(self, *arguments): ...
        """
    )
    listeners = only_engine(folder).listeners
    assert listeners["connect"] == (Symbol("app.db.set_timeout"),)
    assert listeners["do_connect"] == (Symbol("app.db.sign"),)
    assert listeners["before_cursor_execute"] == (Symbol("app.db.count"),)


def test_no_password_is_kept(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine
        engine = create_engine(
            "postgresql+psycopg://shop:hunter2@db.internal/shop?password=hunter3",
            connect_args={"password": "hunter4", "options": "-c statement_timeout=1s"},
        )
        """
    )
    program = read_live(["app.db:engine"], folder)
    assert "hunter" not in repr(program)
    engine = program.engines[0]
    assert engine.url.known == Text(("postgresql+psycopg://shop:", None, "@db.internal/shop?password=", None, ""))
    assert engine.scheme == "postgresql+psycopg"


def test_its_place_is_the_call_that_its_module_assigns(application: Write) -> None:
    folder = application(
        app__db="""\
        from sqlalchemy import create_engine

        def other():
            engine = create_engine("sqlite://")
            return engine

        if True:
            engine = create_engine(
                "sqlite://",
            )
        """,
        app__main="""\
        from app.db import engine

        def make():
            return engine
        """,
    )
    place = only_engine(folder).place
    assert (place.file, place.line, place.column, place.end_line) == ("app/db.py", 8, 14, 10)
    assert str(only_engine(folder, "app.main:engine").place) == "app.main:engine"
    assert str(only_engine(folder, "app.main:make").place) == "app.main:make"

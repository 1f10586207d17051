"""An application reaches no database but the one that it was given; with real engines, of which none connects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift.application.guard import DatabaseGuard, ForeignDatabaseError


class Allowed(Exception):
    """The connection would have been made."""


def connect(guard: DatabaseGuard, url: str) -> None:
    is_async = "asyncpg" in url or "aiosqlite" in url
    engine = create_async_engine(url).sync_engine if is_async else create_engine(url)

    @event.listens_for(engine, "do_connect")
    def refuse_or_stop(dialect, _record, arguments, parameters):
        guard.check(dialect, arguments, parameters)
        raise Allowed

    engine.raw_connection()


@pytest.fixture
def guard(tmp_path: Path) -> DatabaseGuard:
    return DatabaseGuard("shop", tmp_path, owner="walk", subject="the application")


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_only_its_own_postgresql_database(guard: DatabaseGuard, driver: str) -> None:
    with pytest.raises(Allowed):
        connect(guard, f"postgresql+{driver}://localhost/shop")
    assert guard.refused is None
    with pytest.raises(ForeignDatabaseError) as caught:
        connect(guard, f"postgresql+{driver}://localhost/production")
    assert caught.value.problem == guard.refused
    assert guard.refused == "the application connects to the postgresql database production, which is not the walk's"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///{folder}/a.db", "sqlite:///file:{folder}/a.db?uri=true"])
@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
def test_only_files_of_its_folder(guard: DatabaseGuard, tmp_path: Path, driver: str, url: str) -> None:
    with pytest.raises(Allowed):
        connect(guard, url.replace("sqlite", driver, 1).format(folder=tmp_path))
    with pytest.raises(ForeignDatabaseError, match=r"sqlite database .*a\.db, which"):
        connect(guard, f"{driver}:///{tmp_path.parent}/a.db")


def no_folder(tell: Callable[[str], object]) -> DatabaseGuard:
    return DatabaseGuard("shop", owner="load", subject="it", tell=tell)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///a.db"])
def test_without_a_folder_no_sqlite(url: str) -> None:
    told: list[str] = []
    with pytest.raises(ForeignDatabaseError):
        connect(no_folder(told.append), url)
    assert len(told) == 1
    assert told[0].startswith("it connects to the sqlite database ")


def test_without_a_database_no_postgresql(tmp_path: Path) -> None:
    with pytest.raises(ForeignDatabaseError):
        connect(DatabaseGuard(None, tmp_path, owner="walk", subject="it"), "postgresql+psycopg://localhost/")

"""What was really built, looked at without a connection: the same in both services, and refused as in staging."""

import runpy
from pathlib import Path

import pytest
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from auth_service import database as auth_service
from auth_service.settings import settings as auth_settings
from backend import database as backend
from backend.settings import settings as backend_settings

BROKEN = Path(__file__).parents[2] / "broken" / "database.py"
POOL = ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "statement_timeout", "idle_in_transaction_timeout")


def pool_of(engine: AsyncEngine) -> tuple[object, ...]:
    """Return what an engine's pool says of itself."""
    pool = engine.pool
    assert isinstance(pool, AsyncAdaptedQueuePool)
    return (engine.dialect.driver, pool.size(), pool.timeout(), pool.checkedin(), pool.checkedout())


def test_both_pools_are_made_for_asyncio_and_alike() -> None:
    assert pool_of(auth_service.engine) == pool_of(backend.engine) == ("asyncpg", 5, 10, 0, 0)


def test_both_settings_say_the_same_of_the_database() -> None:
    of_auth = auth_settings.model_dump(include=set(POOL))
    assert of_auth == backend_settings.model_dump(include=set(POOL))
    assert len(of_auth) == len(POOL)


def test_both_make_sessions_that_can_be_read_after_a_commit() -> None:
    def options(factory: async_sessionmaker[AsyncSession]) -> dict[str, object]:
        return {name: value for name, value in factory.kw.items() if name != "bind"}

    assert options(auth_service.SessionLocal) == options(backend.SessionLocal)
    assert options(backend.SessionLocal)["expire_on_commit"] is False


def test_no_message_shows_a_secret() -> None:
    secret = backend_settings.jwt_secret.get_secret_value()
    url = backend_settings.database_url.get_secret_value()
    shown = f"{backend_settings!r} {auth_settings!r} {backend.engine!r}"
    assert secret not in shown
    assert url not in shown


def test_the_broken_pool_is_refused_when_it_is_built() -> None:
    with pytest.raises(ArgumentError, match=r"^Pool class QueuePool cannot be used with asyncio engine"):
        runpy.run_path(str(BROKEN))

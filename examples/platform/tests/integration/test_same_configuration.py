"""What the server itself says of both services' connections: the same, but for the name."""

from greenshift.testing.queries import QueryLog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from auth_service import database as auth_service
from backend import database as backend

SETTINGS = (
    "SELECT name, setting, unit FROM pg_settings WHERE source IN ('client', 'session') OR name LIKE '%timeout%'"
    " OR name IN ('default_transaction_isolation', 'search_path', 'TimeZone') ORDER BY name"
)


async def settings_on_the_server(engine: AsyncEngine) -> dict[str, str]:
    """Return the settings of one of the engine's connections."""
    async with engine.connect() as connection:
        rows = (await connection.execute(text(SETTINGS))).all()
    await engine.dispose()
    return {row.name: f"{row.setting}{row.unit or ''}" for row in rows}


async def test_the_server_sees_the_same_settings_of_both(db_queries: QueryLog) -> None:
    of_auth = await settings_on_the_server(auth_service.engine)
    of_backend = await settings_on_the_server(backend.engine)
    assert of_auth.pop("application_name") == "platform-auth"
    assert of_backend.pop("application_name") == "platform-backend"
    assert of_auth == of_backend
    assert of_auth["statement_timeout"] == "10000ms"
    assert of_auth["idle_in_transaction_session_timeout"] == "20000ms"
    assert [statement.sql for statement in db_queries] == [SETTINGS, SETTINGS]


async def database_and_isolation(factory: async_sessionmaker[AsyncSession]) -> tuple[object, ...]:
    """Return where a session of the factory lands, and how its transactions are isolated."""
    async with factory() as session:
        row = (await session.execute(text("SELECT current_database(), current_setting('transaction_isolation')"))).one()
    await factory.kw["bind"].dispose()
    return tuple(row)


async def test_both_work_on_one_database(db_queries: QueryLog) -> None:
    of_auth = await database_and_isolation(auth_service.SessionLocal)
    assert of_auth == await database_and_isolation(backend.SessionLocal)
    assert of_auth[1] == "read committed"
    assert len(db_queries) == 2

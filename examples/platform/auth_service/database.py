"""The engine and the sessions made from it."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from auth_service.settings import settings

engine = create_async_engine(
    settings.database_url.get_secret_value(),
    pool_size=settings.pool_size,
    max_overflow=settings.max_overflow,
    pool_timeout=settings.pool_timeout,
    pool_recycle=settings.pool_recycle,
    pool_pre_ping=True,
    connect_args={
        "timeout": 10,
        "server_settings": {
            "application_name": "platform-auth",
            "statement_timeout": f"{settings.statement_timeout}s",
            "idle_in_transaction_session_timeout": f"{settings.idle_in_transaction_timeout}s",
        },
    },
)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)


async def get_request_scoped_db_session() -> AsyncIterator[AsyncSession]:
    """Give a request a session of its own, closed when the request is over."""
    async with SessionLocal() as session:
        yield session

"""What looks like a wrong URL, a wrong pool class or a missing greenlet, and what does not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, create_engine, make_url, select, text
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import NullPool, QueuePool

from greenshift.explain import explain, explain_text

FreshUrl = Callable[[str], str]


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship()


@pytest.mark.parametrize("expire", [True, False])
def test_a_lazy_load_that_must_connect_first_is_no_wrong_url(fresh_url: FreshUrl, expire: bool) -> None:
    async def main() -> object:
        engine = create_async_engine(fresh_url("asyncpg"), poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine, expire_on_commit=expire) as session:
            session.add(Account(id=1, owner=Owner(id=1)))
            await session.commit()
            account = (await session.scalars(select(Account))).one()
            await session.commit()
            return account.id if expire else account.owner

    with pytest.raises(Exception, match="greenlet_spawn has not been called") as raised:
        asyncio.run(main())
    if not expire:
        session_was_not_expired = explain(raised.value)
        assert session_was_not_expired is None or session_was_not_expired.kind != "async URL in a sync engine"
    explanation = explain(raised.value)
    assert explanation is None or explanation.kind != "async URL in a sync engine"


@pytest.mark.parametrize("close", ["sync session", "sync engine"])
def test_the_sync_half_of_an_async_engine_is_no_wrong_url(fresh_url: FreshUrl, close: str) -> None:
    async def main() -> None:
        engine = create_async_engine(fresh_url("asyncpg"), poolclass=NullPool)
        if close == "sync engine":
            engine.sync_engine.connect()
        async with AsyncSession(engine) as session:
            session.sync_session.execute(text("SELECT 1"))

    with pytest.raises(Exception, match="greenlet_spawn has not been called") as raised:
        asyncio.run(main())
    explanation = explain(raised.value)
    assert explanation is None or explanation.kind != "async URL in a sync engine"


def test_a_sync_driver_that_is_missing_is_not_said_to_be_for_asyncio() -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        create_engine("postgresql+psycopg2://app:secret@localhost/app")
    explanation = explain(raised.value)
    assert explanation is None or explanation.kind != "sync URL in an async engine"


def test_no_password_is_printed() -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        create_async_engine(make_url("postgresql+psycopg2://app:open-sesame@localhost/app"))
    explanation = explain(raised.value)
    assert explanation is not None
    assert explanation.kind == "sync URL in an async engine"
    assert "open-sesame" not in str(explanation)
    assert "postgresql+asyncpg://" in explanation.fix


def test_the_installed_driver_that_is_not_async_is_named() -> None:
    with pytest.raises(InvalidRequestError) as raised:
        create_async_engine("sqlite://")
    explanation = explain(raised.value)
    assert explanation is not None
    assert "sqlite+aiosqlite://" in explanation.fix


def test_a_pool_class_out_of_a_dictionary_is_explained_without_an_edit() -> None:
    options = {"poolclass": QueuePool, "pool_size": 5}
    with pytest.raises(ArgumentError) as raised:
        create_async_engine("postgresql+asyncpg://localhost/app", **options)
    explanation = explain(raised.value)
    assert explanation is not None
    assert explanation.kind == "wrong pool class"
    assert explanation.edits == ()
    assert explanation.unknown


def test_the_message_of_the_staging_log_is_enough(tmp_path: Path) -> None:
    log = (
        "2025-09-08 12:00:00 ERROR app Traceback (most recent call last):\n"
        '  File "/srv/app/database.py", line 41, in engine\n'
        "    return create_async_engine(url, poolclass=QueuePool, pool_size=5)\n"
        '  File "/usr/lib/python3.11/site-packages/sqlalchemy/engine/create.py", line 733, in create_engine\n'
        "    raise exc.ArgumentError(\n"
        "sqlalchemy.exc.ArgumentError: Pool class QueuePool cannot be used with asyncio engine"
        " (Background on this error at: https://sqlalche.me/e/20/pcls)\n"
    )
    [explanation] = explain_text(log)
    assert explanation.kind == "wrong pool class"
    assert [(place.file, place.line) for place in explanation.where] == [("/srv/app/database.py", 41)]


@pytest.mark.parametrize(
    "text",
    [
        "ArgumentError: Could not parse SQLAlchemy URL from given URL string",
        "ArgumentError: Invalid argument(s) 'pool_size','max_overflow' sent to create_engine()",
        "ModuleNotFoundError: No module named 'psycopg2'",
        "ImportError: cannot import name 'greenlet' from 'app'",
        "InvalidRequestError: A transaction is already begun on this Session.",
    ],
)
def test_other_errors_are_left_alone(text: str) -> None:
    log = f'Traceback (most recent call last):\n  File "/app/main.py", line 3, in <module>\n    start()\n{text}\n'
    kinds = {one.kind for one in explain_text(log)}
    assert kinds.isdisjoint({"wrong pool class", "sync URL in an async engine", "greenlet not installed"})


@pytest.mark.parametrize(
    ("message", "fix"),
    [
        ("ValueError: the greenlet library is required to use this function. No module named 'greenlet'", "[asyncio]"),
        (
            "ValueError: the greenlet library is required to use this function. "
            "DLL load failed while importing _greenlet: The specified module could not be found.",
            "--force-reinstall",
        ),
        (
            "ImportError: The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed.  "
            "In order to ensure this dependency is available, use the 'sqlalchemy[asyncio]' install target",
            "[asyncio]",
        ),
    ],
)
def test_a_greenlet_that_is_missing_and_one_that_is_broken(message: str, fix: str) -> None:
    log = f'Traceback (most recent call last):\n  File "/app/main.py", line 3, in main\n    await start()\n{message}\n'
    [explanation] = explain_text(log)
    assert explanation.kind == "greenlet not installed"
    assert fix in explanation.fix
    assert [place.line for place in explanation.where] == [3]

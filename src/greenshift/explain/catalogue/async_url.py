"""A sync engine made from the URL of an async driver."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure, Raised
from greenshift.explain.libraries import is_of

_DRIVERS: Final = {
    "asyncpg.py": "asyncpg",
    "aiosqlite.py": "aiosqlite",
    "aiomysql.py": "aiomysql",
    "asyncmy.py": "asyncmy",
}
_SYNC: Final = {
    "asyncpg": "postgresql+psycopg",
    "aiosqlite": "sqlite",
    "aiomysql": "mysql+pymysql",
    "asyncmy": "mysql+pymysql",
}
_SEPARATOR: Final = re.compile(r"[\\/]")


class AsyncURL(Entry):
    """``MissingGreenlet`` while a sync engine opens a connection."""

    kind = "async URL in a sync engine"
    title = "create_engine was given the URL of an async driver"
    source = "https://docs.sqlalchemy.org/en/20/errors.html#error-xd2s"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a sync engine opened a connection of an async driver."""
        raised = failure.find("MissingGreenlet")
        if raised is None or not _connects(raised) or _belongs_to_async_engine(raised):
            return None
        driver = next(
            (_DRIVERS[name] for frame in raised.frames if (name := _SEPARATOR.split(frame.file)[-1]) in _DRIVERS), None
        )
        if driver is None:
            return None
        frame = raised.user_frame or failure.user_frame
        return Explanation(
            self.kind,
            f"a sync engine tried to connect with the async driver {driver}",
            f"create_engine() was given the URL of {driver}, which can only be awaited. No asyncio engine or session "
            "is in play: the error comes from opening the first connection, not from a lazy load.",
            () if frame is None else (frame.place("connected here"),),
            "either create_async_engine(url) with AsyncSession, and `await`; or keep this code sync, with a sync\n"
            f"driver in the URL: `{_SYNC[driver]}://`. Where one variable serves both (Alembic, scripts):\n"
            f'create_engine(sqlalchemy.make_url(url).set(drivername="{_SYNC[driver]}"))',
            unknown=("where create_engine() is called",),
        )


def _connects(raised: Raised) -> bool:
    """Return whether it was raised while a sync engine opened a connection, not by an attribute or asyncio code."""
    if any(is_of(frame, "sqlalchemy/ext/asyncio") for frame in raised.frames):
        return False
    if any(frame.function == "__get__" and is_of(frame, "sqlalchemy/orm/attributes.py") for frame in raised.frames):
        return False
    # Closing a connection passes through the pool as well.
    return any(
        (frame.function == "__connect" and is_of(frame, "sqlalchemy/pool/base.py"))
        or (frame.function == "connect" and is_of(frame, "sqlalchemy/engine/create.py"))
        for frame in raised.frames
    )


def _belongs_to_async_engine(raised: Raised) -> bool:
    """Return whether the engine that connects is the sync half of an asyncio engine, used without its ``run_sync``."""
    for frame in raised.frames:
        value: Any = None if frame.locals is None else frame.locals.get("self")
        if isinstance(value, Engine):
            return AsyncEngine._retrieve_proxy_for_target(value, regenerate=False) is not None
    return False

"""The names by which libraries make engines, session factories and sessions."""

from __future__ import annotations

from typing import Final

SYNC_ENGINES: Final = frozenset({"create_engine", "engine_from_config"})
ASYNC_ENGINES: Final = frozenset({"create_async_engine", "async_engine_from_config", "AsyncEngine"})
SYNC_FACTORIES: Final = frozenset({"sessionmaker"})
ASYNC_FACTORIES: Final = frozenset({"async_sessionmaker"})
SYNC_SESSIONS: Final = frozenset({"Session"})
ASYNC_SESSIONS: Final = frozenset({"AsyncSession"})
SCOPED: Final = frozenset({"scoped_session", "async_scoped_session"})
FLASK: Final = frozenset({"SQLAlchemy"})

ALL: Final = SYNC_ENGINES | ASYNC_ENGINES | SYNC_FACTORIES | ASYNC_FACTORIES | SYNC_SESSIONS | ASYNC_SESSIONS | FLASK
_LIBRARIES: Final = ("sqlalchemy", "sqlmodel", "flask_sqlalchemy", "flask_sqlalchemy_lite")


def what_is_made(name: str) -> str | None:
    """Return what a library's function or class makes: ``engine``, ``factory``, ``session``; None for another one.

    Args:
        name: its dotted name, such as ``sqlalchemy.ext.asyncio.create_async_engine``.
    """
    library, _, _ = name.partition(".")
    last = name.rpartition(".")[2]
    if library not in _LIBRARIES:
        return None
    if last in SYNC_ENGINES or last in ASYNC_ENGINES or (last in FLASK and library.startswith("flask")):
        return "engine"
    if last in SYNC_FACTORIES or last in ASYNC_FACTORIES:
        return "factory"
    if last in SYNC_SESSIONS or last in ASYNC_SESSIONS:
        return "session"
    return None

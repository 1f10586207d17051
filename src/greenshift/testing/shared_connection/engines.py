"""Engines on a shared connection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL, Engine, NullPool, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from greenshift.testing.shared_connection.dialects import DRIVER

if TYPE_CHECKING:
    from greenshift.testing.shared_connection.shared import SharedConnection

# A logical connection costs nothing to open, and belongs to no loop: there is nothing to pool.
_POOL_OPTIONS = (
    "max_overflow",
    "pool",
    "pool_pre_ping",
    "pool_recycle",
    "pool_size",
    "pool_timeout",
    "pool_use_lifo",
    "poolclass",
)


def make_engine(shared: SharedConnection, conninfo: str, options: Mapping[str, Any]) -> Engine:
    """Make a sync engine; pool options are left out."""
    return create_engine(_url(conninfo), **_options(shared, options))


def make_async_engine(shared: SharedConnection, conninfo: str, options: Mapping[str, Any]) -> AsyncEngine:
    """Make an async engine; pool options are left out."""
    return create_async_engine(_url(conninfo), **_options(shared, options))


def _options(shared: SharedConnection, options: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if name not in _POOL_OPTIONS}
    connect_args = {**kept.pop("connect_args", {}), "shared_connection": shared}
    # Native hstore would have to be looked up and registered on the connection that all share.
    return {"use_native_hstore": False, **kept, "poolclass": NullPool, "connect_args": connect_args}


def _url(conninfo: str) -> URL:
    parts = {name: None if value is None else str(value) for name, value in conninfo_to_dict(conninfo).items()}
    host, port = parts.get("host"), parts.get("port")
    is_socket = (host or "").startswith("/")
    return URL.create(
        f"postgresql+{DRIVER}",
        username=parts.get("user"),
        password=parts.get("password"),
        host=None if is_socket else host,
        port=None if is_socket or port is None else int(port),
        database=parts.get("dbname"),
        query={"host": host or "", "port": port or "5432"} if is_socket else {},
    )

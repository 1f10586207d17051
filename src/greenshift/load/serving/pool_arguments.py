"""Another pool size for a version's engines, through SQLAlchemy's own plugin hook."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import URL
from sqlalchemy.dialects import plugins
from sqlalchemy.engine import CreateEnginePlugin
from sqlalchemy.pool import Pool, QueuePool

NAME: Final = "greenshift_load"
SIZE: Final = "greenshift_pool_size"
OVERFLOW: Final = "greenshift_max_overflow"


class PoolArguments(CreateEnginePlugin):
    """Sets ``pool_size`` and ``max_overflow`` of an engine whose URL asks for it, whatever its code says.

    https://docs.sqlalchemy.org/en/20/core/connections.html#sqlalchemy.engine.CreateEnginePlugin

    Args:
        url: the engine's URL.
        kwargs: the arguments of ``create_engine``.
    """

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        self._size = _number(url, SIZE)
        self._overflow = _number(url, OVERFLOW)

    def update_url(self, url: URL) -> URL:
        """Take from the URL what no driver knows."""
        return url.difference_update_query([SIZE, OVERFLOW])

    def handle_pool_kwargs(self, pool_cls: type[Pool], pool_args: dict[str, Any]) -> None:
        """Change the arguments of a pool that has a size; any other stays as it is."""
        if issubclass(pool_cls, QueuePool):
            for name, value in (("pool_size", self._size), ("max_overflow", self._overflow)):
                if value is not None:
                    pool_args[name] = value


def register() -> None:
    """Make the plugin known to SQLAlchemy in this process."""
    plugins.register(NAME, __name__, PoolArguments.__name__)


def asking(url: str, size: int | None, overflow: int | None) -> str:
    """Return a URL that asks for other pool sizes.

    Args:
        url: the URL.
        size: ``pool_size``; None leaves it to the application.
        overflow: ``max_overflow``, likewise.
    """
    if size is None and overflow is None:
        return url
    query = {"plugin": NAME}
    if size is not None:
        query[SIZE] = str(size)
    if overflow is not None:
        query[OVERFLOW] = str(overflow)
    return url + ("&" if "?" in url else "?") + "&".join(f"{name}={value}" for name, value in query.items())


def _number(url: URL, name: str) -> int | None:
    value = url.query.get(name)
    return int(value) if isinstance(value, str) else None

"""``async_client``: httpx over ASGI, with the application's lifespan, in the test's own event loop."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from greenshift.config import Config
from greenshift.errors import ConfigurationError
from greenshift.testing.item_loop import loop_of_test
from greenshift.testing.running import current_suite

if TYPE_CHECKING:
    import httpx

BASE_URL = "http://testserver"


@pytest.fixture
def async_client(request: pytest.FixtureRequest) -> Iterator[httpx.AsyncClient]:
    """An ``httpx.AsyncClient`` on the configured ASGI application, its lifespan run around the test."""
    config = current_suite(request.config).config
    loop = loop_of_test(request)
    own = asyncio.new_event_loop() if loop is None else None
    runs_in = loop or own
    assert runs_in is not None
    opened = open_client(config)
    client = runs_in.run_until_complete(opened.__aenter__())
    try:
        yield client
    finally:
        runs_in.run_until_complete(opened.__aexit__(None, None, None))
        if own is not None:
            own.close()


async def async_client_under_anyio(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    """The same fixture as anyio's plugin wants it: it runs async generators itself, in the test's loop."""
    async with open_client(current_suite(request.config).config) as client:
        yield client


@asynccontextmanager
async def open_client(config: Config) -> AsyncIterator[httpx.AsyncClient]:
    """Start the application's lifespan and give a client on it.

    Raises:
        ConfigurationError: no application is configured, it cannot be imported, or httpx is missing.
    """
    try:
        import asgi_lifespan
        import httpx
    except ImportError as error:
        raise ConfigurationError(
            f"async_client needs a library that is not installed: {error.name}",
            "pip install 'greenshift[http]'",
        ) from error
    application = load_application(config)
    async with (
        asgi_lifespan.LifespanManager(application) as lifespan,
        httpx.AsyncClient(transport=httpx.ASGITransport(app=lifespan.app), base_url=BASE_URL) as client,
    ):
        yield client


def load_application(config: Config) -> Any:
    """Import the ASGI application that ``app`` in ``[tool.greenshift]`` names; a factory function is called.

    Raises:
        ConfigurationError: nothing is configured, or the import fails.
    """
    if config.app is None:
        raise ConfigurationError(
            "async_client needs to know the application", 'add app = "app.main:app" to [tool.greenshift]'
        )
    module_name, _, attribute = config.app.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
        for name in (attribute or "app").split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"the application {config.app!r} cannot be imported: {type(error).__name__}: {error}",
            "correct app in [tool.greenshift], or the import error",
        ) from error
    if _is_factory(found):
        factory: Callable[[], Any] = found
        return factory()
    return found


def _is_factory(found: Any) -> bool:
    return inspect.isfunction(found) and not inspect.signature(found).parameters

"""The event loop in which pytest-asyncio runs a test, through its public fixture decorator."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

_SCOPES = ("function", "class", "module", "package", "session")


def loop_fixtures() -> dict[str, Any]:
    """Return one fixture for each loop scope that gives the running loop; none where pytest-asyncio is missing."""
    try:
        import pytest_asyncio
    except ImportError:
        return {}

    def make(loop_scope: Any) -> Any:
        async def running_loop() -> asyncio.AbstractEventLoop:
            return asyncio.get_running_loop()

        return pytest_asyncio.fixture(loop_scope=loop_scope, name=_fixture_name(loop_scope))(running_loop)

    return {_fixture_name(scope): make(scope) for scope in _SCOPES}


def loop_of_test(request: pytest.FixtureRequest) -> asyncio.AbstractEventLoop | None:
    """Return the loop in which pytest-asyncio will run the requesting test, None for any other test.

    The loop is kept open until the requesting fixture has been torn down.
    """
    marker = request.node.get_closest_marker("asyncio")
    if marker is None or not request.config.pluginmanager.hasplugin("asyncio"):
        return None
    scope = marker.kwargs.get("loop_scope") or marker.kwargs.get("scope")
    if scope is None:
        scope = request.config.getini("asyncio_default_test_loop_scope")
    loop: asyncio.AbstractEventLoop = request.getfixturevalue(_fixture_name(scope))
    return loop


def _fixture_name(scope: str) -> str:
    return f"_greenshift_{scope}_loop"

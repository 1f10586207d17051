"""Closing an ``AsyncSession`` from a synchronous fixture, in whichever loop it was used."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from greenshift import trace


class OpenAsyncSession:
    """A session handed to a test, to be closed when the test, or its event loop, ends.

    Args:
        session: the session; it opens no connection before its first statement, so it belongs to no loop yet.
    """

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    def close_in(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the session if it was used in this loop, which stands still and is about to end."""
        if self._loop() is loop:
            loop.run_until_complete(self.session.close())

    def close(self) -> None:
        """Close the session; where its loop has ended already, drop its connection."""
        loop = self._loop()
        if loop is None:
            self._close_without_loop()
        elif loop.is_closed() or loop.is_running():
            self.session.sync_session.invalidate()
        else:
            loop.run_until_complete(self.session.close())

    def _loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop of the connection that the session holds; None while it holds none."""
        for info in trace.connections_of(self.session.sync_session):
            if info.loop is not None:
                return info.loop
        return None

    def _close_without_loop(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self.session.close())
        finally:
            loop.close()

"""Starlette's ``TestClient`` runs the application on an event loop of its own."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from greenshift.explain.catalogue.different_loop import OtherLoop, engine_name, loop_places, other_loop
from greenshift.explain.catalogue.entry import Entry
from greenshift.explain.explanation import Explanation
from greenshift.explain.failure import Failure
from greenshift.explain.libraries import is_of, passes_through

# The name that anyio gives to the tasks of the thread in which TestClient runs the application.
_PORTAL: Final = "anyio.from_thread.BlockingPortal"


class ClientLoop(Entry):
    """The application runs on TestClient's loop, its connections belong to another."""

    kind = "TestClient's event loop"
    title = "TestClient runs the application on a loop of its own; the engine's connections belong to another"
    source = "https://github.com/encode/starlette/issues/1315"

    def recognise(self, failure: Failure) -> Explanation | None:
        """Return the explanation if a connection of another loop was used on TestClient's."""
        if not _through_test_client(failure):
            return None
        other = other_loop(failure)
        if other is None:
            if failure.find("RuntimeError", containing="Event loop is closed") is None:
                return None
            other = OtherLoop(False, None, None)
        name = engine_name(failure)
        opened = None if other.connection is None else other.connection.opened
        where = "on another loop" if opened is None else f"at {opened}, on another loop"
        client = next((frame for frame in failure.frames if frame.user and _calls_client(failure, frame)), None)
        places = loop_places(failure, other)
        if client is not None and client.line not in {place.line for place in places}:
            places = (*places, client.place("TestClient called here"))
        return Explanation(
            self.kind,
            "the application ran on TestClient's own event loop with a connection of another loop",
            f"TestClient runs the application in a thread with an event loop of its own, a new one for each request "
            f"unless it is used as a context manager. The connection was opened {where}, and stayed in the pool.",
            places,
            "in async tests call the application on the test's own loop:\n"
            "async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=...) as client\n"
            "(Greenshift's fixture async_client does). With TestClient: use it as a context manager, so that all\n"
            f"requests share one loop, and let no other loop use {name} before `await {name}.dispose()`; or build the\n"
            "engine with poolclass=NullPool in tests. Greenshift's pytest plugin replaces such connections by itself.",
            unknown=() if other.connection else ("where the connection was opened: nothing watched the engine",),
        )


def _through_test_client(failure: Failure) -> bool:
    facts = failure.facts
    if facts is not None and _PORTAL in (facts.task or ""):
        return True
    if passes_through(failure, "starlette/testclient.py", "anyio/from_thread.py"):
        return True
    return failure.find("RuntimeError", containing=_PORTAL) is not None


def _calls_client(failure: Failure, frame: object) -> bool:
    frames = failure.frames
    return any(
        outer is frame and is_of(inner, "starlette/testclient.py", "httpx", "httpx2")
        for outer, inner in pairwise(frames)
    )

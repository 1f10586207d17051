"""The processes behind one URL, asked again and again for their snapshots."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from greenshift.observe.snapshot import Snapshot
from greenshift.observe.top.address import ApplicationAddress
from greenshift.observe.top.application.decoding import snapshot_from
from greenshift.observe.top.errors import SourceError
from greenshift.observe.top.reading import ProcessReading, Reading
from greenshift.observe.top.text import one_line

# Seconds.
_PATIENCE: Final = 5.0
# A process of several behind one URL may not be met for a while.
_REMEMBERED: Final = 15.0
_MOST_REQUESTS: Final = 16
_LARGEST: Final = 32 * 1024 * 1024
_SERVE: Final = "mount observer.asgi of greenshift.observe in the application, and give the URL of that"


@dataclass(slots=True)
class _Process:
    snapshot: Snapshot
    previous: Snapshot | None
    seen: float


class ApplicationSource:
    """Asks an application for the snapshots of its processes.

    Several workers may share a port: whoever takes the connection answers. So it is asked over new connections until
    an answer comes from a process that has answered already, and a process is remembered for 15 seconds.

    Args:
        address: where to.
        clock: seconds that only go up.
    """

    def __init__(self, address: ApplicationAddress, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.shown = address.shown
        self._address = address
        self._clock = clock
        self._processes: dict[int, _Process] = {}

    def read(self) -> Reading:
        """Ask the application.

        Raises:
            SourceError: it does not answer, or with something else.
        """
        met: set[int] = set()
        for _ in range(_MOST_REQUESTS):
            try:
                snapshot = self._ask()
            except SourceError:
                self._processes.clear()  # what comes next may be another start of the application
                raise
            pid, now = snapshot.process.pid, self._clock()
            if pid in met:
                break
            met.add(pid)
            known = self._processes.get(pid)
            self._processes[pid] = _Process(snapshot, known.snapshot if known else None, now)
        limit = self._clock() - _REMEMBERED
        self._processes = {pid: known for pid, known in self._processes.items() if known.seen >= limit}
        readings = (ProcessReading(known.snapshot, known.previous) for _, known in sorted(self._processes.items()))
        return Reading(self.shown, time.time(), processes=tuple(readings))

    def close(self) -> None:
        """Nothing stays open between two requests."""

    def _ask(self) -> Snapshot:
        address = self._address
        headers = {"Accept": "application/json", "Connection": "close"}
        if address.credentials is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(":".join(address.credentials).encode()).decode()
        connection: http.client.HTTPConnection
        if address.secure:
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(address.host, address.port, timeout=_PATIENCE, context=context)
        else:
            connection = http.client.HTTPConnection(address.host, address.port, timeout=_PATIENCE)
        try:
            connection.request("GET", address.target, headers=headers)
            answer = connection.getresponse()
            body = answer.read(_LARGEST)
        except TimeoutError as error:
            raise SourceError(
                f"no answer within {_PATIENCE:g} s", "its event loop may be blocked; it is asked again"
            ) from error
        except OSError as error:
            raise SourceError(
                one_line(error.strerror or str(error)), "check that the application runs, and the URL's host and port"
            ) from error
        except http.client.HTTPException as error:
            raise SourceError("what answers there speaks no HTTP", "check host and port") from error
        finally:
            connection.close()
        if answer.status in (401, 403):
            raise SourceError(f"the application answers {answer.status}", "give user and password in the URL")
        if answer.status != 200:
            raise SourceError(f"the application answers {answer.status} to {address.shown}/greenshift.json", _SERVE)
        try:
            return snapshot_from(json.loads(body))
        except ValueError as error:
            what = "no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
            raise SourceError(f"what the application answers is no snapshot ({what})", _SERVE) from error

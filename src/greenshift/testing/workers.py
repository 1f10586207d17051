"""pytest-xdist: the controller owns the server, the workers share it and send their figures back."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest

from greenshift.testing.report import Report
from greenshift.testing.running import suite_if_any

if TYPE_CHECKING:
    from greenshift.postgres import Server

# xdist's own channel to a worker is not there yet when the worker loads its first conftest.
_VARIABLE = "GREENSHIFT_RUN_SERVER"
_REPORT_KEY = "greenshift_report"

_handed_over: Server | None = None


def worker_name() -> str:
    """Return ``gw0``, ``gw1``... in a worker, ``main`` elsewhere."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main") if is_worker() else "main"


def is_worker() -> bool:
    """Whether this process is an xdist worker, rather than a run that a test in a worker started."""
    return "PYTEST_XDIST_WORKER" in os.environ and _parent_handed_over()


def distributes(arguments: Any) -> bool:
    """Whether this process distributes tests to workers and runs none itself."""
    if is_worker():
        return False
    numprocesses = getattr(arguments, "numprocesses", None)
    has_workers = bool(numprocesses) or bool(getattr(arguments, "tx", None))
    return has_workers and not getattr(arguments, "usepdb", False)


def hand_over(server: Server) -> None:
    """Let the workers that this process is about to start use its server."""
    global _handed_over
    _handed_over = server
    description = {
        "controller": os.getpid(),
        "run": secrets.token_hex(4),
        "address": asdict(server.address),
        "provider": server.provider,
        "version": server.version,
        "owned": server.owned,
        "maintenance_database": server.maintenance_database,
        "in_memory": server.in_memory,
        "notice": server.notice,
        "start_seconds": server.start_seconds,
    }
    os.environ[_VARIABLE] = json.dumps(description)


def end_handed_over() -> None:
    """Stop the server that was handed to the workers, if it was ours."""
    global _handed_over
    if _handed_over is not None:
        os.environ.pop(_VARIABLE, None)
        _handed_over.stop()
        _handed_over = None


def inherited_server() -> Server | None:
    """Return the server that the controller opened for this worker; None in any other process."""
    if not is_worker():
        return None
    from greenshift.postgres import Address, Server

    description = _handed()
    del description["controller"], description["run"]
    return Server(Address(**description.pop("address")), **description)


def run_identifier() -> str | None:
    """Return what the workers of this run call it; None where this process is the only one."""
    return str(_handed()["run"]) if is_worker() else None


def _handed() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(os.environ[_VARIABLE])
    return description


def _parent_handed_over() -> bool:
    return _VARIABLE in os.environ and _handed()["controller"] == os.getppid()


class XdistPart:
    """Sends a worker's figures to the controller, and gathers them there.

    Args:
        gathered: the figures of all workers, in the controller.
    """

    def __init__(self, gathered: Report) -> None:
        self._gathered = gathered

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Put the worker's figures where xdist takes them."""
        output = getattr(session.config, "workeroutput", None)
        suite = suite_if_any(session.config)
        if output is not None and suite is not None:
            output[_REPORT_KEY] = suite.report.as_data()

    def pytest_testnodedown(self, node: Any) -> None:
        """Take the figures of a worker that ended."""
        data = getattr(node, "workeroutput", {}).get(_REPORT_KEY)
        if data is not None:
            self._gathered.merge(data)

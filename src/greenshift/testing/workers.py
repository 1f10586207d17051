"""pytest-xdist: the controller owns the server, the workers share it and send their figures back."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any

import pytest

from greenshift.testing.report import Report
from greenshift.testing.running import suite_if_any

if TYPE_CHECKING:
    from greenshift.postgres import Server
    from greenshift.testing.environment import Target

# xdist's own channel to a worker is not there yet when the worker loads its first conftest.
_VARIABLE = "GREENSHIFT_RUN_SERVER"
_REPORT_KEY = "greenshift_report"


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


def hand_over(server: Server | None, run: str, replaced: Iterable[Target]) -> None:
    """Let the workers that this process is about to start use its server.

    Args:
        server: the server; None where there is none to share (SQLite).
        run: what the processes of this run call it.
        replaced: the databases that the application's variables named before the run.
    """
    description = {"controller": os.getpid(), "run": run, "replaced": [astuple(target) for target in replaced]}
    if server is not None:
        description["server"] = {
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


def take_back() -> None:
    """Let nobody use the server any more: it is about to end."""
    if _VARIABLE in os.environ and _handed()["controller"] == os.getpid():
        del os.environ[_VARIABLE]


def inherited_targets() -> frozenset[Target]:
    """Return the databases that the application's variables named before the controller replaced them."""
    if not is_worker():
        return frozenset()
    from greenshift.testing.environment import Target

    return frozenset(Target(*parts) for parts in _handed()["replaced"])


def inherited_server() -> Server | None:
    """Return the server that the controller opened for this worker; None in any other process."""
    if not is_worker() or "server" not in _handed():
        return None
    from greenshift.postgres import Address, Server

    description = _handed()["server"]
    return Server(Address(**description.pop("address")), **description)


def run_identifier() -> str:
    """Return what the processes of this run call it, made up in the first of them."""
    return str(_handed()["run"]) if is_worker() else secrets.token_hex(4)


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

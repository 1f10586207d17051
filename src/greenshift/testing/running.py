"""Finds the suite of the pytest run at hand; makes it where nothing needed one before.

Importing the suite imports SQLAlchemy, so a run without database tests never does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from greenshift.config import Config

if TYPE_CHECKING:
    from greenshift.postgres import Server
    from greenshift.testing.environment import Target
    from greenshift.testing.suite import Suite


@dataclass(frozen=True)
class Options:
    """What the command line said beside the configuration.

    Args:
        rebuild: build the template anew though a finished one is there.
        keep_failed: keep the database of each failed test.
        worker: the name of this process among the run's processes: ``main``, ``gw0``, ``gw1``...
        run: the identifier that the processes of this run share.
        distributes: whether this process hands tests to workers and runs none itself.
    """

    rebuild: bool = False
    keep_failed: bool = False
    worker: str = "main"
    run: str = ""
    distributes: bool = False


PROJECT_KEY = pytest.StashKey[tuple[Config, Options]]()
_SUITE_KEY = pytest.StashKey["Suite"]()


def _same(server: Server) -> Server:
    return server


def suite_if_any(config: pytest.Config) -> Suite | None:
    """Return this run's suite, None while nothing has needed one."""
    return config.stash.get(_SUITE_KEY, None)


def current_suite(
    config: pytest.Config, server: Callable[[], Server] | None = None, replaced: Iterable[Target] = ()
) -> Suite:
    """Return this run's suite, made now if nothing has needed one before.

    Args:
        config: the run's.
        server: waits for a server that is being opened, and returns it; None to open one when it is needed, or
            to use the one that a worker was given.
        replaced: databases that the application's variables named before they were set for this run.
    """
    suite = suite_if_any(config)
    if suite is None:
        from greenshift.testing import workers
        from greenshift.testing.suite import Suite

        project, options = config.stash[PROJECT_KEY]
        inherited = workers.inherited_server()
        if inherited is not None:
            server = partial(_same, inherited)
        suite = Suite(project, options, server=server, replaced=workers.inherited_targets().union(replaced))
        config.stash[_SUITE_KEY] = suite
    return suite

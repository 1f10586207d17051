"""The process that serves a version: uvicorn, and within each worker what watches the application.

``python -m greenshift.load.serving.served SETTINGS`` with the settings as JSON. In the application's own interpreter,
so nothing is imported here but SQLAlchemy and uvicorn.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

from greenshift import observe, trace
from greenshift.application.guard import DatabaseGuard
from greenshift.application.importing import import_application
from greenshift.errors import GreenshiftError
from greenshift.load.serving import pool_arguments
from greenshift.load.serving.counting import Counting
from greenshift.load.serving.sampling import EVERY, Sampler, end_without

_SETTINGS: Final = "GREENSHIFT_LOAD_SERVED"


def application() -> Any:
    """Make the application of one worker, watched; uvicorn calls it."""
    settings = json.loads(os.environ[_SETTINGS])
    pool_arguments.register()
    observer = observe.install(slow=None, n_plus_one=False, loop_lag=False)
    sampler = Sampler(Path(settings["samples"]), observer)
    # It is told: the application may make another error of it.
    guard = DatabaseGuard(settings["database"], owner="load", subject="it", tell=lambda why: sampler.say(failed=why))
    trace.pool.on_connect_arguments(guard.check)
    try:
        app = import_application(settings["app"])
    except BaseException as error:
        sampler.say(failed=_words(error))
        raise
    counting = Counting(app, lambda reason: sampler.say(failed=reason))
    sampler.begin(counting)
    return counting


def _words(error: BaseException) -> str:
    if isinstance(error, GreenshiftError):
        return error.problem
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def _watch_parent(folder: Path) -> None:
    parent = os.getppid()

    def watch() -> None:
        while True:
            time.sleep(EVERY)
            end_without(parent, folder)

    threading.Thread(target=watch, name="greenshift-parent", daemon=True).start()


def main() -> None:
    """Serve until a signal ends it."""
    import uvicorn

    settings = json.loads(sys.argv[1])
    os.environ[_SETTINGS] = sys.argv[1]
    _watch_parent(Path(settings["samples"]))
    uvicorn.run(
        "greenshift.load.serving.served:application",
        factory=True,
        host="127.0.0.1",
        port=settings["port"],
        workers=settings["workers"],
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()

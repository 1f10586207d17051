"""The process in which migrations run: reads a request on standard input, writes a report on standard output.

A request is one JSON object with ``ini``, ``root``, ``url`` and ``sys_path``; the report is ``null`` after success and
one JSON object with ``problem``, ``revision``, ``location``, ``exception`` and ``traceback`` after a failure.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

from greenshift.definitions.alembic_files import alembic_config
from greenshift.definitions.failure import chain, describe, location


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    # What env.py and the migrations print must not mix with the report.
    report_stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path[:] = request["sys_path"]
    report: dict[str, Any] | None = None
    try:
        _upgrade(request)
    except (Exception, SystemExit) as error:
        report = _report(error)
    report_stream.write("\n" + json.dumps(report) + "\n")
    report_stream.close()


def _upgrade(request: dict[str, Any]) -> None:
    from alembic import command

    config = alembic_config(Path(request["ini"]), Path(request["root"]))
    config.set_main_option("sqlalchemy.url", request["url"].replace("%", "%%"))
    command.upgrade(config, "heads")


def _report(error: BaseException) -> dict[str, Any]:
    try:
        pickled = base64.b64encode(pickle.dumps(error)).decode("ascii")
    except Exception:  # some exceptions cannot be pickled; the traceback goes over in any case
        pickled = ""
    return {
        "problem": describe(error),
        "revision": _failed_revision(error),
        "location": location(error),
        "exception": pickled,
        "traceback": "".join(traceback.format_exception(error)),
    }


def _failed_revision(error: BaseException) -> str | None:
    """Return the revision whose ``upgrade`` stands in the failure's traceback, with the name of its file."""
    for cause in chain(error):
        frame = cause.__traceback__
        while frame is not None:
            variables = frame.tb_frame.f_globals
            if frame.tb_frame.f_code.co_name == "upgrade" and isinstance(variables.get("revision"), str):
                return f"{variables['revision']} ({Path(frame.tb_frame.f_code.co_filename).name})"
            frame = frame.tb_next
    return None


if __name__ == "__main__":
    main()

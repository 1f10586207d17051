"""A service's application, for `uvicorn tests.end_to_end.recorded:app`, with its SQL written to a file.

The environment says which application (`RECORDED_APP`, as for uvicorn) and where to write (`RECORDED_SQL`).
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

from greenshift import trace
from uvicorn.importer import import_from_string

record = Path(os.environ["RECORDED_SQL"]).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - open to the end


def write(statement: trace.Statement) -> None:
    """Append a statement: its text, the file it was sent from, and whether it failed."""
    site = statement.call_site
    line = {
        "sql": statement.sql,
        "file": None if site is None else str(Path(site.file).resolve()),
        "failed": statement.error is not None,
    }
    record.write(json.dumps(line) + "\n")


def end_with_the_tests() -> None:
    """Wait for the end of standard input, which the tests hold open, and stop the service."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


trace.subscribe(write)
threading.Thread(target=end_with_the_tests, daemon=True).start()
app = import_from_string(os.environ["RECORDED_APP"])

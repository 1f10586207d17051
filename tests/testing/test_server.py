"""A server that is opened in a thread while the application is imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys, threading
from pathlib import Path
from greenshift.config import Config
from greenshift.testing.running import Options
from greenshift.testing.server import OpeningServer
from greenshift.testing.when_imported import when_imported

threads = []
when_imported("sqlalchemy", lambda: threads.append(threading.current_thread()))
server = OpeningServer(Config(root=Path(sys.argv[1]), sql=("schema.sql",), server="embedded"), Options()).result()
server.stop()
assert set(threads) <= {threading.main_thread()}, threads
print("fine")
"""


def test_its_thread_does_not_import_sqlalchemy(tmp_path: Path) -> None:
    # Two threads that begin to import it at once see each other's half of it.
    (tmp_path / "schema.sql").write_text("create table t (a int);")
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "fine", done.stderr

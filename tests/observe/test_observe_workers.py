"""Several workers of one application, of which Prometheus reaches one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from observed import until
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import URL, create_engine, text

from greenshift import observe
from greenshift.observe.errors import ObserveError
from greenshift.observe.prometheus import text as exposition

WORKER = """
import sys
from sqlalchemy import create_engine, text
from greenshift import observe
engine = create_engine(sys.argv[1])
with observe.install(engine, name="shop", workers=sys.argv[2]):
    with engine.connect() as connection:
        for _ in range(3):
            connection.execute(text("SELECT 1"))
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # A socket's path has a hundred characters at most, which pytest's own folders take up.
    with tempfile.TemporaryDirectory() as name:
        yield Path(name) / "workers"


def statements(observer: observe.Observer) -> dict[str, float]:
    """Return the statements counted, by worker."""
    return {
        sample.labels["worker"]: sample.value
        for family in text_string_to_metric_families(exposition(observer.metrics()).decode())
        for sample in family.samples
        if sample.name == "greenshift_statement_seconds_count"
    }


def test_any_worker_answers_for_all(observed_url: URL, folder: Path) -> None:
    engine = create_engine(observed_url)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, observed_url.render_as_string(hide_password=False), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ended, killed = workers
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        with observe.install(engine, name="shop", workers=folder) as observer:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            own = {str(os.getpid()): 1.0}
            assert statements(observer) == own | {str(worker.pid): 3.0 for worker in workers}
            ended.communicate("")
            assert statements(observer) == own | {str(killed.pid): 3.0}
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            assert statements(observer) == own
            until(lambda: [one.name for one in folder.iterdir()] == [f"{os.getpid()}.sock"])
        assert list(folder.iterdir()) == []
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
        engine.dispose()


def test_a_forked_worker_has_a_socket_of_its_own(observed_url: URL, folder: Path) -> None:
    with observe.install(workers=folder) as observer:
        reading, writing = os.pipe()
        again, wait = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.write(writing, b"x")
                os.close(wait)
                os.read(again, 1)
            finally:
                os._exit(0)
        os.read(reading, 1)
        names = {int(one.stem) for one in folder.iterdir()}
        pids = {sample.process.pid for sample in observer._workers.snapshots()}  # type: ignore[union-attr]
        os.close(wait)
        os.waitpid(child, 0)
    assert names == pids == {os.getpid(), child}


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(ObserveError, match="no socket can be made"):
        observe.install(workers=tmp_path / ("x" * 120))

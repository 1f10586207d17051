"""Served applications: what is seen inside, how they end, and how they fail to start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import httpx
import pytest
from load.serving.loadshop import ASYNC, SYNC

from greenshift.load.errors import LoadError, ServingError
from greenshift.load.serving.inside import inside_of


def watched(served, requests: list[str], *, at_once: int = 1):
    """Send requests, and return what was seen inside meanwhile."""
    begin = time.monotonic()
    time.sleep(0.3)
    with httpx.Client(base_url=served.url, timeout=20) as client:
        if at_once == 1:
            for path in requests:
                client.get(path).raise_for_status()
        else:
            threads = [threading.Thread(target=client.get, args=(path,)) for path in requests]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    time.sleep(0.6)
    inside = inside_of(served.samples(begin - 0.3, time.monotonic()), begin)
    assert inside is not None
    return inside


@pytest.mark.parametrize(("source", "driver"), [(SYNC, "psycopg"), (ASYNC, "asyncpg")])
def test_statements_and_pool_are_seen_inside(serve, source, driver):
    inside = watched(serve(source), ["/items"] * 20)
    assert inside.requests == 20
    assert inside.statements == 2
    assert 0 < inside.database_seconds < 0.2
    assert 0 < inside.processor_seconds < 0.2
    pool = inside.pools[0]
    assert (pool.driver, pool.size, pool.max_overflow, pool.is_async) == (driver, 3, 1, source is ASYNC)
    assert inside.pool_timeouts == 0
    assert len(inside.over_time) >= 2


def test_waiting_for_the_pool_is_seen(serve):
    inside = watched(serve(), ["/held"] * 12, at_once=12)
    assert inside.pool_in_use_most == 4
    assert inside.pool_waiting > 0
    assert inside.pool_waits == 8
    assert 0.1 < inside.pool_wait_mean < 1.0
    assert inside.thread_limit == 40
    assert max(one.pool_waiting for one in inside.over_time) >= 4


def test_a_blocked_loop_is_seen(serve):
    served = serve()
    assert watched(served, ["/items"] * 3).loop_lag_max < 0.15
    assert watched(served, ["/blocked"]).loop_lag_max > 0.2


def test_another_pool_size_reaches_the_engine(serve):
    pool = watched(serve(SYNC, pool_size=7, max_overflow=2), ["/items"]).pools[0]
    assert (pool.size, pool.max_overflow) == (7, 2)
    pool = watched(serve(ASYNC, pool_size=6), ["/items"]).pools[0]
    assert (pool.size, pool.max_overflow) == (6, 1)


def test_several_workers_are_summed_up(serve):
    served = serve(workers=2)
    inside = watched(served, ["/items"] * 40, at_once=40)
    assert inside.workers == 2
    assert inside.requests == 40
    served.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import nothing_of_the_kind\n", "ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ("import os; print('last words'); os._exit(7)\n", "last words"),
        (
            "from fastapi import FastAPI\nasync def lifespan(app):\n    raise OSError('no queue')\n    yield\n"
            "app = FastAPI(lifespan=lifespan)\n",
            "no queue",
        ),
    ],
)
def test_a_version_that_does_not_start_says_why(serve, source, problem):
    with pytest.raises(ServingError) as caught:
        serve(source)
    assert caught.value.problem.startswith("the application does not start: ")
    assert problem in caught.value.problem
    assert "\n" not in caught.value.problem
    if "words" in problem:
        assert caught.value.log[-1] == problem


def test_with_workers_too(serve):
    with pytest.raises(ServingError, match="no settings"):
        serve("raise RuntimeError('no settings')\n", workers=2)


def test_a_missing_application_is_said(serve):
    with pytest.raises(ServingError, match="has no attribute 'nothing'"):
        serve(app="shop:nothing")


def test_the_load_reaches_no_other_database(serve, tmp_path):
    own = f"sqlite:///{tmp_path / 'precious.db'}"
    served = serve(
        "from fastapi import FastAPI\nfrom sqlalchemy import create_engine\napp = FastAPI()\n"
        f"engine = create_engine({own!r})\n"
        "@app.get('/items')\ndef items():\n    with engine.connect():\n        return {}\n"
    )
    assert httpx.get(f"{served.url}/items").status_code == 500
    assert not (tmp_path / "precious.db").exists()
    with pytest.raises(ServingError, match="which is not the load's"):
        served.refuse_end()


def test_one_that_ends_under_load_is_noticed(serve):
    served = serve(SYNC + "\n\n@app.get('/die')\ndef die():\n    os._exit(3)\n")
    served.refuse_end()
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{served.url}/die")
    time.sleep(0.2)
    with pytest.raises(LoadError, match="ended under load"):
        served.refuse_end()


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_is_left_when_the_owner_is_killed(tmp_path, workers):
    (tmp_path / "bare.py").write_text(
        "import os, pathlib\n"
        "async def app(scope, receive, send):\n"
        "    if scope['type'] == 'http':\n"
        "        await send({'type': 'http.response.start', 'status': 200, 'headers': []})\n"
        "        await send({'type': 'http.response.body', 'body': b''})\n"
        "pathlib.Path('pids').open('a').write(f'{os.getpid()}\\n')\n"
    )
    owner = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(f"""
                import time
                from pathlib import Path
                from greenshift.load.serving.application import ServedApplication
                from greenshift.load.serving.interpreter import opened
                with opened() as interpreter:
                    served = ServedApplication(
                        interpreter, Path({str(tmp_path)!r}), "bare:app", {{}}, database="none", workers={workers}
                    )
                    print(served._process.pid, served._place, flush=True)
                    time.sleep(60)
            """),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    pid, place = owner.stdout.readline().split()
    pids = {int(pid), *(int(line) for line in (tmp_path / "pids").read_text().split())}
    assert len(pids) == (1 if workers == 1 else workers + 1)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 10
    while any(_runs(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not [pid for pid in pids if _runs(pid)]
    assert not Path(place).exists()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # What has ended and was not waited for is no process that runs.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")

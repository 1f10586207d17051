"""A database that stays open for many tests: closed after errors and at the end, and the same on all workers."""

from __future__ import annotations

import asyncio
import gc
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contract.contract_models import Base
from contract.suite_project import TYPED_MODELS, project

from greenshift.contract.adapter import Ground
from greenshift.contract.running import Grounds
from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
from greenshift.postgres import Database

__all__ = ["project"]

ADAPTER = SQLAlchemyAdapter(Base)
LEFT_OPEN: list[Any] = []
TAG = next(model for model in ADAPTER.models() if model.name == "Tag")


@pytest.fixture
def grounds(database: Database) -> Iterator[Grounds]:
    assert still_connected(database) == []
    opened = Grounds(ADAPTER, database.url())
    yield opened
    opened.close()
    LEFT_OPEN.clear()


def still_connected(database: Database) -> list[Any]:
    """Return the sessions that do not end: a server needs a moment to notice that its client has gone."""
    # A session that was never left closes its connection when it is collected.
    gc.collect()
    deadline = time.monotonic() + 5
    while (found := database.connections()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


async def count(ground: Ground) -> int:
    async with ground.session() as session:
        return len(await session.list(TAG))


async def fail_in_a_session(ground: Ground) -> None:
    async with ground.session() as session:
        await session.insert(TAG, {"name": "lost"})
        raise ValueError("on purpose")


async def leave_a_session_open(ground: Ground) -> None:
    LEFT_OPEN.append(opening := ground.session())
    session = await opening.__aenter__()
    await session.insert(TAG, {"name": "lost"})
    raise ValueError("on purpose")


async def leave_a_task_in_a_session(ground: Ground) -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        async with ground.session() as session:
            await session.insert(TAG, {"name": "lost"})
            begun.set()
            await asyncio.sleep(60)

    LEFT_OPEN.append(asyncio.create_task(wait()))
    await begun.wait()
    raise ValueError("on purpose")


async def leave_a_task(ground: Ground) -> asyncio.Task[None]:
    return asyncio.create_task(asyncio.sleep(60))


@pytest.mark.parametrize("is_async", [False, True])
def test_the_same_connection_serves_the_next_run(grounds: Grounds, database: Database, is_async: bool) -> None:
    assert grounds.run(count, is_async=is_async) == 0
    (first,) = database.connections()
    database.rewind()
    assert grounds.run(count, is_async=is_async) == 0
    assert [backend.pid for backend in database.connections()] == [first.pid]


@pytest.mark.parametrize(
    ("act", "is_async"), [(fail_in_a_session, False), (fail_in_a_session, True), (leave_a_task_in_a_session, True)]
)
def test_an_error_does_not_spoil_the_next_run(grounds: Grounds, database: Database, is_async: bool, act: Any) -> None:
    grounds.run(count, is_async=is_async)
    with pytest.raises(ValueError, match="on purpose"):
        grounds.run(act, is_async=is_async)
    assert still_connected(database) == []
    assert database.rewind().terminated == []
    assert grounds.run(count, is_async=is_async) == 0


def test_a_session_left_open_does_not_spoil_the_next_run(grounds: Grounds, database: Database) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        grounds.run(leave_a_session_open, is_async=True)
    database.rewind()
    assert [backend for backend in database.connections() if backend.in_transaction] == []
    assert grounds.run(count, is_async=True) == 0


def test_a_task_left_running_ends_with_its_loop(grounds: Grounds) -> None:
    assert grounds.run(leave_a_task, is_async=True).cancelled()


def test_nothing_stays_open(database: Database) -> None:
    assert still_connected(database) == []
    threads = set(threading.enumerate())
    grounds = Grounds(ADAPTER, database.url())
    loops = []

    async def look(ground: Ground) -> None:
        loops.append(asyncio.get_running_loop())
        await count(ground)

    grounds.run(count, is_async=False)
    grounds.run(look, is_async=True)
    grounds.run(look, is_async=True)
    assert loops[0] is loops[1]
    assert len(database.connections()) == 2
    grounds.close()
    assert loops[0].is_closed()
    assert still_connected(database) == []
    assert set(threading.enumerate()) == threads


WORKERS = """
import gc
import os
import time
from pathlib import Path

from greenshift.contract import Behaviour, ModelContract
from models import Base


class Shows(Behaviour):
    name = "shows"
    title = "show its rows"

    async def run(self, scene, subject):
        rows = [(await scene.make()).row.values for _ in range(3)]
        flavour = "async" if scene.is_async else "sync"
        place = Path(f"{os.environ['PYTEST_XDIST_WORKER']}-{scene.model.name}-{flavour}.txt")
        place.write_text(f"{rows!r}")
        if scene.model.name == "User" and scene.is_async:
            raise scene.fail("on purpose")


class TestModels(ModelContract):
    base = Base
    behaviours = [Shows]


    def test_alters(self, db):
        with db.connect() as connection:
            connection.execute("ALTER TABLE post ADD COLUMN further text")


def test_no_connection_stays(db):
    # The class has ended, and its connections with it; the server may need a moment to notice.
    # A session that was never left closes its connection when it is collected.
    gc.collect()
    deadline = time.monotonic() + 5
    while db.connections() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert db.connections() == []
"""


@pytest.fixture
def workers(project: pytest.Pytester) -> pytest.Pytester:
    project.makepyfile(models=TYPED_MODELS, test_models=WORKERS)
    return project


def test_a_database_cloned_anew_between_two_tests(workers: pytest.Pytester) -> None:
    names = ["test_contract[create-Post]", "test_alters", "test_contract[read-Post]", "test_contract[rollback-Post]"]
    chosen = [f"test_models.py::TestModels::{name}" for name in names]
    ran = workers.runpytest_subprocess(*chosen, "test_models.py::test_no_connection_stays", timeout=60)
    ran.assert_outcomes(passed=5)


def test_all_workers_have_the_same_tests_and_rows(workers: pytest.Pytester) -> None:
    ran = workers.runpytest_subprocess("-n", "2", "--dist", "each", "-v", timeout=200)
    results = re.findall(r"\[(gw\d)\] .*(PASSED|FAILED) (\S+)", ran.stdout.str())
    first, second = (
        sorted((name, result) for worker, result, name in results if worker == one) for one in ("gw0", "gw1")
    )
    assert first == second
    assert [name for name, result in first if result == "FAILED"] == [
        "test_models.py::TestModels::test_contract[shows-User]"
    ]
    assert len(first) > 40
    for model in ("User", "Post"):
        shown = [
            Path(f"{worker}-{model}-{flavour}.txt").read_text()
            for worker in ("gw0", "gw1")
            for flavour in ("sync", "async")
        ]
        assert set(shown) == {shown[0]}

"""Tasks that use the session of whoever starts them run to their end first."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from infrastructure import flip, flipped, reasons

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.tasks import fix_tasks
from greenshift.shift.rewrite.stages import run_stages

START = (
    "import asyncio\nfrom sqlalchemy import create_engine, select\nfrom sqlalchemy.orm import Session, sessionmaker\n"
    "SessionLocal = sessionmaker(create_engine('sqlite://'))\n"
    "class Holder:\n    def __init__(self):\n        self.session = SessionLocal()\n"
    "holder = Holder()\n"
)
FINISHED = "await finished_task("


@pytest.mark.parametrize(
    ("work", "call"),
    [
        ("async def work(db: Session):\n    return db.scalar(select(1))\n", "work(db)"),
        ("async def work():\n    return holder.session.scalar(select(1))\n", "work()"),
        ("def read():\n    return holder.session.scalar(select(1))\nasync def work():\n    return read()\n", "work()"),
    ],
)
def test_a_task_on_the_same_session(work: str, call: str) -> None:
    new = flipped(
        f"{START}{work}async def start(db: Session):\n    task = asyncio.create_task({call})\n    db.commit()\n"
        "    return await task\n",
        fix_tasks,
        fix_awaiting,
    )
    assert f"    task = {FINISHED}{call})\n    await db.commit()\n    return await task\n" in new


@pytest.mark.parametrize(
    "work",
    [
        # A session of its own; no database at all.
        "async def work():\n    with SessionLocal() as own:\n        return own.scalar(select(1))\n",
        "async def work():\n    return 1\n",
    ],
)
def test_a_task_of_its_own(work: str) -> None:
    text = f"{START}{work}async def start(db: Session):\n    task = asyncio.create_task(work())\n    db.commit()\n"
    assert "asyncio.create_task(work())" in flipped(text, fix_tasks, fix_awaiting)


def test_a_task_that_waited_is_listed() -> None:
    work = "async def work(db: Session):\n    await asyncio.sleep(60)\n    return db.scalar(select(1))\n"
    result = flip(
        f"{START}{work}async def start(db: Session):\n    task = asyncio.create_task(work(db))\n    db.commit()\n",
        fix_tasks,
        fix_awaiting,
    )
    assert reasons(result, "task") == ["this task uses the session of whoever starts it: give it one of its own"]
    assert FINISHED not in result.texts["app.py"]


def test_the_result_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        f"{START}async def work(key):\n    return holder.session.scalar(select(key))\n"
        "def begin(key):\n    return asyncio.create_task(work(key))\n"
        "async def start():\n    tasks = [begin(key) for key in range(5)]\n"
        "    holder.session.commit()\n    await asyncio.wait(tasks)\n    return [task.result() for task in tasks]\n"
    )
    (tmp_path / "tasks_application.py").write_text(
        run_stages({"tasks_application.py": text})[-1].texts["tasks_application.py"]
    )
    monkeypatch.syspath_prepend(tmp_path)
    import tasks_application  # type: ignore[import-not-found]

    try:
        assert asyncio.run(tasks_application.start()) == [0, 1, 2, 3, 4]
    finally:
        del sys.modules["tasks_application"]

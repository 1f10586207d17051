"""Functions that became async leave their thread pools; what blocks is listed."""

from __future__ import annotations

import pytest
from infrastructure import flip, flipped, reasons

from greenshift.shift.rewrite.flip.awaiting import fix_awaiting
from greenshift.shift.rewrite.flip.blocking import fix_blocking
from greenshift.shift.rewrite.flip.threads import fix_threads

START = (
    "import asyncio\nfrom functools import partial\nfrom fastapi.concurrency import run_in_threadpool\n"
    "from asgiref.sync import sync_to_async\nfrom sqlalchemy.orm import Session\n"
    "def load(db: Session, n=0):\n    return db.scalar(n)\n"
    "def pure(n):\n    return n\n"
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("await run_in_threadpool(load, db, n=1)", "await load(db, n=1)"),
        ("await asyncio.to_thread(load, db)", "await load(db)"),
        ("await loop.run_in_executor(None, load, db)", "await load(db)"),
        ("await loop.run_in_executor(None, partial(load, db))", "await partial(load, db)()"),
        ("asyncio.create_task(asyncio.to_thread(load, db))", "asyncio.create_task(load(db))"),
        ("await asyncio.to_thread(pure, 1)", "await asyncio.to_thread(pure, 1)"),
        ("await sync_to_async(load)(db)", "await load(db)"),
        ("await sync_to_async(load, thread_sensitive=False)(db, n=2)", "await load(db, n=2)"),
        ("await asyncio.gather(sync_to_async(load)(db))", "await asyncio.gather(load(db))"),
        ("await sync_to_async(pure)(1)", "await sync_to_async(pure)(1)"),
    ],
)
def test_thread_pools(before: str, after: str) -> None:
    new = flipped(f"{START}async def work(db: Session, loop):\n    x = {before}\n", fix_threads, fix_awaiting)
    assert new.endswith(f"    x = {after}\n")


def test_a_lambda_in_a_thread_is_listed() -> None:
    result = flip(
        f"{START}async def work(db: Session):\n    await asyncio.to_thread(lambda: load(db))\n",
        fix_threads,
        fix_awaiting,
    )
    assert reasons(result, "thread") or reasons(result, "bridged")


def test_background_tasks_take_coroutine_functions() -> None:
    text = "from fastapi import BackgroundTasks\ndef route(tasks: BackgroundTasks, db):\n    tasks.add_task(load, db)\n"
    assert text in flipped(START + text, fix_threads, fix_awaiting)


@pytest.mark.parametrize(
    ("imports", "call", "name"),
    [
        ("import time", "time.sleep(1)", "time.sleep"),
        ("import requests", "requests.get('x')", "requests.get"),
        ("import bcrypt", "bcrypt.hashpw(b'x', b'y')", "bcrypt.hashpw"),
        ("from passlib.context import CryptContext\npwd = CryptContext()", "pwd.verify('a', 'b')", "verify"),
        ("import subprocess", "subprocess.run(['x'])", "subprocess.run"),
        ("import smtplib", "smtplib.SMTP('x')", "smtplib.SMTP"),
        ("", "open('x')", "open"),
    ],
)
def test_blocking_calls_are_listed(imports: str, call: str, name: str) -> None:
    text = f"{imports}\n{START}def helper():\n    {call}\ndef route(db: Session):\n    helper()\n    db.commit()\n"
    result = flip(text, fix_blocking, fix_awaiting)
    found = [left for left in result.left if left.kind == "blocking"]
    assert len(found) == 1
    assert f"{name}`" in found[0].reason
    assert call in result.texts["app.py"]


def test_what_stays_in_a_thread_pool_is_not_listed() -> None:
    result = flip(f"import time\n{START}def route():\n    time.sleep(1)\n", fix_blocking)
    assert reasons(result, "blocking") == []

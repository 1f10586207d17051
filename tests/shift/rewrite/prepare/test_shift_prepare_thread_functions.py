"""Functions that a decorator hands to a thread become coroutine functions where they query."""

from __future__ import annotations

from greenshift.shift.rewrite.prepare.thread_functions import make_coroutine_functions
from greenshift.shift.rewrite.stages import run_stage, run_stages

HEAD = (
    "import time\nfrom asgiref.sync import sync_to_async\nfrom sqlalchemy import create_engine\n"
    "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, sessionmaker\nfrom tracing import traced\n\n"
    "Maker = sessionmaker(create_engine('sqlite://'))\n\n\n"
)
QUERY = "def count(db: Session) -> int:\n    return db.scalar(select(1))\n"
USE = "\n\nasync def main():\n    with Maker() as db:\n        print(await count(db))\n"
LATER = "\n\n@sync_to_async\ndef plain():\n    time.sleep(1)\n"


def prepared(text: str) -> str:
    """The text behind the head."""
    result = run_stage("prepare", {"app.py": HEAD + LATER + text}, fixers=[make_coroutine_functions])
    return result.texts["app.py"].removeprefix(HEAD + LATER)


def test_a_function_that_queries() -> None:
    assert prepared("@sync_to_async\n@traced('x')\n" + QUERY + USE) == "@traced('x')\nasync " + QUERY + USE


def test_a_method_and_a_decorator_with_arguments() -> None:
    method = "class Users:\n    @sync_to_async(thread_sensitive=False)\n    def count(self, db: Session):\n"
    body = "        return db.scalar(select(1))\n"
    assert prepared(method + body) == "class Users:\n    async def count(self, db: Session):\n" + body


def test_what_others_would_be_given_a_coroutine_stays_and_is_listed() -> None:
    retried = "def retried(f):\n    def again(*given):\n        return f(*given)\n    return again\n"
    text = retried + "@sync_to_async\n@retried\n" + QUERY
    result = run_stage("prepare", {"app.py": HEAD + text}, fixers=[make_coroutine_functions])
    assert result.texts["app.py"] == HEAD + text
    assert [(one.place.line, one.kind) for one in result.left] == [(15, "thread")]
    assert "@retried" in result.left[0].reason


def test_what_blocked_a_thread_is_listed() -> None:
    text = "@sync_to_async\n" + QUERY.replace("    return", "    time.sleep(1)\n    return")
    result = run_stage("prepare", {"app.py": HEAD + text}, fixers=[make_coroutine_functions])
    assert [(one.place.line, one.kind) for one in result.left] == [(13, "blocking")]


def test_all_stages_await_once() -> None:
    text = run_stages({"app.py": HEAD + "@sync_to_async\n" + QUERY + USE})[-1].texts["app.py"]
    assert "async def count(db: AsyncSession) -> int:\n    return await db.scalar(select(1))\n" in text
    assert "    async with Maker() as db:\n        print(await count(db))\n" in text
    assert "sync_to_async" not in text

"""Which line of the user's code asked for a statement."""

from __future__ import annotations

import asyncio
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, create_engine, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tree import Branch, Driver

import greenshift
from greenshift import trace
from greenshift.trace import call_site


def line_of(mark: str) -> int:
    """Return the number of this file's line that ends in the comment ``# at: mark``."""
    (line,) = (n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if text.endswith(f"# at: {mark}"))
    return line


def lines_of(recording: trace.Recording) -> list[int]:
    return [statement.call_site.line for statement in recording.statements if statement.call_site]


def test_call_site_is_the_line_that_asked(driver: Driver) -> None:
    def recorded(session: Session) -> trace.Recording:
        with trace.record() as recording:
            branch = session.scalars(select(Branch).where(Branch.id == 100)).one()  # at: select
            assert isinstance(
                branch.leaves,  # at: lazy load
                list,
            )
            session.connection().execute(text("SELECT 1"))  # at: text
            session.connection().execute(select(Branch.id))  # at: core
            session.connection().exec_driver_sql("SELECT 1")  # at: driver
            session.add(Branch(name="new"))
            session.flush()  # at: flush
        session.rollback()
        return recording

    recording = driver.in_session(recorded)
    marks = ("select", "lazy load", "text", "core", "driver", "flush")
    assert lines_of(recording) == [line_of(mark) for mark in marks]
    for statement in recording.statements:
        assert statement.call_site is not None
        assert statement.call_site.file == __file__
        assert statement.call_site.function == "test_call_site_is_the_line_that_asked.<locals>.recorded"


async def ask(session: AsyncSession) -> None:
    await session.execute(text("SELECT 1"))  # at: async inner


@pytest.mark.parametrize("name", ["asyncpg", "psycopg_async", "aiosqlite"])
def test_call_site_across_the_greenlet(urls: dict[str, Any], name: str) -> None:
    async def main() -> trace.Recording:
        engine = create_async_engine(urls[name])
        with trace.record() as recording:
            async with AsyncSession(engine) as session:
                await ask(session)
                await session.get(Branch, 100)  # at: async get
                await session.scalars(select(Branch))  # at: async scalars
                connection = await session.connection()
                await connection.execute(text("SELECT 2"))  # at: async core
                stream = await session.stream(text("SELECT 3"))  # at: async stream
                await stream.close()
                session.add(Branch(name="new"))
                await session.flush()  # at: async flush
                await session.rollback()
        await engine.dispose()
        return recording

    recording = asyncio.run(main())
    marks = ("inner", "get", "scalars", "core", "stream", "flush")
    assert lines_of(recording) == [line_of(f"async {mark}") for mark in marks]
    first, second, *_ = (statement.call_site for statement in recording.statements)
    assert str(first) == f"{__file__}:{line_of('async inner')} in ask"
    assert second is not None
    assert second.function == "test_call_site_across_the_greenlet.<locals>.main"


def test_call_site_in_a_task_and_a_thread(urls: dict[str, Any]) -> None:
    def in_thread() -> None:
        engine = create_engine(urls["psycopg"])
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        engine.dispose()

    async def in_task() -> None:
        engine = create_async_engine(urls["asyncpg"])
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 2"))
        await engine.dispose()

    async def main() -> None:
        await asyncio.gather(asyncio.create_task(in_task()), asyncio.to_thread(in_thread))

    with trace.record() as recording:
        asyncio.run(main())
    functions = {one.sql: one.call_site.function.rpartition(".")[2] for one in recording.statements if one.call_site}
    assert functions == {"SELECT 1": "in_thread", "SELECT 2": "in_task"}


def test_no_user_code_on_the_stack(urls: dict[str, Any]) -> None:
    engine = create_engine(urls["psycopg"])
    with trace.record() as recording, engine.connect() as connection:
        thread = threading.Thread(target=connection.execute, args=(text("SELECT 1"),))
        thread.start()
        thread.join()
    engine.dispose()
    assert [one.call_site for one in recording.statements] == [None]


def test_call_site_of_generated_code_is_its_caller(driver: Driver) -> None:
    namespace: dict[str, Any] = {"text": text}
    exec(compile("def run(connection):\n    connection.execute(text('SELECT 1'))", "<generated>", "exec"), namespace)

    def step(connection: Connection) -> trace.CallSite | None:
        with trace.record() as recording:
            namespace["run"](connection)
        return recording.statements[0].call_site

    (found,) = driver.connected(step)
    assert found is not None
    assert found.file == __file__


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("/home/me/project/app/services.py", True),
        ("/home/me/project/src/app/services.py", True),
        ("/opt/venv/src/app/services.py", True),
        ("/home/me/.venv/project/app.py", True),
        ("/home/me/site-packages-of-mine/app.py", True),
        ("/home/me/.venv/lib/python3.11/site-packages/app/services.py", False),
        ("/usr/lib/python3/dist-packages/app/services.py", False),
        (str(Path(sysconfig.get_path("stdlib")) / "asyncio" / "base_events.py"), False),
        (str(Path(greenshift.__file__).parent / "testing" / "plugin.py"), False),
        (str(Path(greenshift.__file__).parent) + "_of_mine/app.py", True),
        ("<string>", False),
        ("<frozen runpy>", False),
        ("<stdin>", True),
        ("<ipython-input-3-abc>", True),
        ("relative.py", True),
        ("asyncpg/protocol/protocol.pyx", False),
        ("/home/me/project/fast.pyx", True),
    ],
)
def test_user_files(filename: str, expected: bool) -> None:
    assert trace.is_user_file(filename) is expected


def test_editable_install_counts_as_user_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "venv-like" / "lib" / "app"
    folder.mkdir(parents=True)
    (folder / "traced_app.py").write_text(
        "from sqlalchemy import text\ndef ask(connection):\n    connection.execute(text('SELECT 1'))\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    import traced_app  # type: ignore[import-not-found]

    engine = create_engine("sqlite://")
    with engine.connect() as connection, trace.record() as recording:
        traced_app.ask(connection)
    engine.dispose()
    assert recording.statements[0].call_site == (str(folder / "traced_app.py"), 3, "ask")
    sys.modules.pop("traced_app")


def test_application_installed_in_site_packages_can_be_included(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_site, "_included", [])
    monkeypatch.setattr(call_site, "kinds", {})
    filename = "/home/me/.venv/lib/python3.11/site-packages/app/services.py"
    assert not trace.is_user_file(filename)
    trace.include_user_path("/home/me/.venv/lib/python3.11/site-packages/app")
    assert trace.is_user_file(filename)
    assert not trace.is_user_file("/home/me/.venv/lib/python3.11/site-packages/application.py")


def test_a_task_of_library_code_alone_has_no_call_site(urls: dict[str, URL]) -> None:
    async def main() -> None:
        engine = create_async_engine(urls["asyncpg"])
        async with AsyncSession(engine) as session:
            await asyncio.gather(session.scalar(select(1)))  # the task begins in SQLAlchemy's own coroutine
            await session.scalar(select(2))
        await engine.dispose()

    with trace.record() as recording:
        asyncio.run(main())
    alone, ours = [
        one.call_site for one in recording.statements if "SELECT" in one.sql and "pg_catalog" not in one.sql
    ][-2:]
    assert alone is None
    assert ours is not None
    assert ours.function.endswith("main")

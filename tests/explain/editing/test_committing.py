"""A commit is put behind a write where it is certain to be the place, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.committing import commit_after


def edited(path: Path, text: str, *, is_async: bool = True) -> str | None:
    """Apply the edit to the line that says ``# here``."""
    path.write_text(text)
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "# here" in one)
    edit = commit_after(str(path), line, is_async=is_async)
    if edit is None:
        return None
    apply([edit])
    return path.read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.py"


def test_it_stands_behind_the_write(path: Path) -> None:
    text = "async def save(session):\n    await session.flush()  # here\n    return 1\n"
    expected = "async def save(session):\n    await session.flush()  # here\n    await session.commit()\n    return 1\n"
    assert edited(path, text) == expected


def test_it_stands_behind_a_statement_of_several_lines(path: Path) -> None:
    text = "async def save(self):\n    await self.session.execute(\n        insert(Owner),  # here\n    )\n"
    assert edited(path, text) == f"{text}    await self.session.commit()\n"


def test_a_sync_session_is_not_awaited(path: Path) -> None:
    text = "def save(session):\n    session.flush()  # here"
    assert edited(path, text, is_async=False) == f"{text}\n    session.commit()"


def test_a_sync_function_under_run_sync_does_not_await(path: Path) -> None:
    text = "def save(session):\n    session.flush()  # here\n"
    assert edited(path, text) == f"{text}    session.commit()\n"


@pytest.mark.parametrize(
    "body",
    [
        "return await session.execute(statement)  # here",
        "for one in many:\n        await session.execute(one)  # here",
        "while more:\n        await session.execute(one)  # here",
        "async with session.begin():\n        await session.flush()  # here",
        "async with factory.begin() as session:\n        await session.flush()  # here",
        "async with session.begin_nested():\n        await session.flush()  # here",
        "await first.execute(await second.scalar(query))  # here",
        "await repository.save(owner)  # here",
        "async for one in await session.execute(statement):  # here\n        pass",
        "await sessions[0].flush()  # here",
    ],
)
def test_where_it_is_not_certain_there_is_none(path: Path, body: str) -> None:
    assert edited(path, f"async def save(session):\n    {body}\n") is None


def test_a_file_that_is_gone_or_no_python_gives_none(path: Path) -> None:
    assert commit_after(str(path), 1, is_async=False) is None
    path.write_text("def (")
    assert commit_after(str(path), 1, is_async=False) is None

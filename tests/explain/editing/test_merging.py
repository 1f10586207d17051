"""``add`` becomes ``merge`` where it is a statement of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.merging import merge_instead_of_add


def edited(path: Path, text: str, *, is_async: bool) -> str | None:
    path.write_text(text)
    edits = merge_instead_of_add(str(path), 2, "second", "owner", is_async=is_async)
    if not edits:
        return None
    apply(edits)
    return path.read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "service.py"


def test_an_async_session_merges_with_await(path: Path) -> None:
    text = "async def save(second, owner):\n    second.add(owner)  # move it\n"
    expected = "async def save(second, owner):\n    owner = await second.merge(owner)  # move it\n"
    assert edited(path, text, is_async=True) == expected


def test_a_sync_session_merges_without(path: Path) -> None:
    text = "def save(second, owner):\n    print(); second.add(owner)\n"
    assert edited(path, text, is_async=False) == "def save(second, owner):\n    print(); owner = second.merge(owner)\n"


@pytest.mark.parametrize(
    "line",
    [
        "second.add(Account(owner=owner))",
        "second.add_all([owner])",
        "first.add(owner)",
        "second.add(other)",
        "self.second.add(owner)",
        "second.add(instance=owner)",
        "result = second.add(owner)",
    ],
)
def test_anything_else_is_left_alone(path: Path, line: str) -> None:
    assert edited(path, f"async def save(second, owner):\n    {line}\n", is_async=True) is None


def test_a_function_that_cannot_await_is_left_alone(path: Path) -> None:
    assert edited(path, "def save(second, owner):\n    second.add(owner)\n", is_async=True) is None

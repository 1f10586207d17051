"""An engine's connect_args are written, extended, or left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.connect_args import connect_args

IMPORT = "from sqlalchemy.ext.asyncio import create_async_engine\n"


def edited(path: Path, text: str, imports: dict[str, str] | None = None) -> str | None:
    path.write_text(text)
    edits = connect_args([str(path)], {"prepare_threshold": "None"}, imports)
    if not edits:
        return None
    apply(edits)
    return path.read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "db.py"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("create_async_engine(url)", 'create_async_engine(url, connect_args={"prepare_threshold": None})'),
        ("sa.create_engine(url, )", 'sa.create_engine(url, connect_args={"prepare_threshold": None}, )'),
        (
            "create_engine(\n    url,\n    pool_size=5,\n)",
            'create_engine(\n    url,\n    pool_size=5,\n    connect_args={"prepare_threshold": None},\n)',
        ),
        ("create_engine(url, connect_args={})", 'create_engine(url, connect_args={"prepare_threshold": None})'),
        (
            'create_engine(url, connect_args={"a": 1})',
            'create_engine(url, connect_args={"a": 1, "prepare_threshold": None})',
        ),
        (
            'create_engine(url, connect_args={"a": 1,})',
            'create_engine(url, connect_args={"a": 1, "prepare_threshold": None,})',
        ),
    ],
)
def test_the_argument_is_written(path: Path, call: str, expected: str) -> None:
    assert edited(path, f"engine = {call}\n") == f"engine = {expected}\n"


@pytest.mark.parametrize(
    "call",
    [
        "create_engine(url, **options)",
        "create_engine()",
        "create_engine(url, connect_args=arguments)",
        'create_engine(url, connect_args={**arguments, "a": 1})',
        'create_engine(url, connect_args={"prepare_threshold": 5})',
        "create_engine(create_engine(url).url)",
        "make_engine(url)",
    ],
)
def test_where_it_is_not_certain_there_is_none(path: Path, call: str) -> None:
    assert edited(path, f"engine = {call}\n") is None


def test_a_name_that_the_value_needs_is_imported(path: Path) -> None:
    text = edited(path, f"{IMPORT}\nengine = create_async_engine(url)\n", {"uuid": "uuid4"})
    assert text is not None
    assert "from uuid import uuid4\n" in text
    compile(text, "db.py", "exec")


def test_a_name_that_means_something_else_prevents_it(path: Path) -> None:
    assert edited(path, "uuid4 = 1\nengine = create_engine(url)\n", {"uuid": "uuid4"}) is None


def test_engines_of_two_files_prevent_it(tmp_path: Path) -> None:
    files = [tmp_path / "one.py", tmp_path / "two.py"]
    for file in files:
        file.write_text("engine = create_engine(url)\n")
    assert connect_args([str(file) for file in files], {"a": "1"}) == ()

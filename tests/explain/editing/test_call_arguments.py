"""A keyword argument goes, with its comma and the import that only it needed; the rest of the file stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.call_arguments import remove_argument


def removed(path: Path, before: str, line: int) -> str | None:
    path.write_text(before)
    edits = remove_argument(str(path), line, "poolclass", "QueuePool")
    if not edits:
        return None
    apply(edits)
    return path.read_text()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("make(url, poolclass=QueuePool)\n", "make(url)\n"),
        ("make(url, poolclass=QueuePool,)\n", "make(url,)\n"),
        ("make(url, poolclass=QueuePool, pool_size=5)\n", "make(url, pool_size=5)\n"),
        ("make(poolclass=QueuePool)\n", "make()\n"),
        ("make(poolclass=QueuePool,)\n", "make()\n"),
        ("make(poolclass = pool.QueuePool, url=url)\n", "make(url=url)\n"),
        ("make(\n    url,\n    poolclass=QueuePool,\n    pool_size=5,\n)\n", "make(\n    url,\n    pool_size=5,\n)\n"),
        ("make(\n    url,\n    poolclass=QueuePool,  # why\n)\n", "make(\n    url,  # why\n)\n"),
        ("make(\n    url,\n    poolclass=QueuePool\n)\n", "make(\n    url\n)\n"),
        ("make(\r\n    url,\r\n    poolclass=QueuePool,\r\n)\r\n", "make(\r\n    url,\r\n)\r\n"),
    ],
)
def test_the_argument_goes_with_its_comma(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(before.encode())
    apply(remove_argument(str(path), 1, "poolclass", "QueuePool"))
    assert path.read_bytes().decode() == after


@pytest.mark.parametrize(
    ("imports", "left"),
    [
        ("from sqlalchemy.pool import QueuePool\n", ""),
        ("from sqlalchemy.pool import NullPool, QueuePool\n", "from sqlalchemy.pool import NullPool\n"),
        ("from sqlalchemy.pool import QueuePool, NullPool\n", "from sqlalchemy.pool import NullPool\n"),
        (
            "from sqlalchemy.pool import (\n    NullPool,\n    QueuePool,\n)\n",
            "from sqlalchemy.pool import (\n    NullPool,\n)\n",
        ),
        (
            "from sqlalchemy.pool import QueuePool as QueuePool\n",
            "from sqlalchemy.pool import QueuePool as QueuePool\n",
        ),
        ("from sqlalchemy.pool import QueuePool  # noqa\n", "from sqlalchemy.pool import QueuePool  # noqa\n"),
        ("from sqlalchemy.pool import *\n", "from sqlalchemy.pool import *\n"),
    ],
)
def test_the_import_that_only_it_needed_goes_too(tmp_path: Path, imports: str, left: str) -> None:
    line = imports.count("\n") + 1
    assert removed(tmp_path / "app.py", f"{imports}make(url, poolclass=QueuePool)\n", line) == f"{left}make(url)\n"


@pytest.mark.parametrize("use", ["assert QueuePool\n", '__all__ = ["QueuePool"]\n', 'pool: "QueuePool"\n'])
def test_an_import_that_something_else_needs_stays(tmp_path: Path, use: str) -> None:
    before = f"from sqlalchemy.pool import QueuePool\nmake(url, poolclass=QueuePool)\n{use}"
    assert removed(tmp_path / "app.py", before, 2) == before.replace(", poolclass=QueuePool", "")


@pytest.mark.parametrize(
    "before",
    [
        "make(url, poolclass=NullPool)\n",
        "make(url, **{'poolclass': QueuePool})\n",
        "make(url, QueuePool)\n",
        "make(poolclass=QueuePool); make(poolclass=QueuePool)\n",
        "make(url, poolclass=QueuePool\n",
    ],
)
def test_nothing_is_edited_where_the_argument_is_not_certain(tmp_path: Path, before: str) -> None:
    assert removed(tmp_path / "app.py", before, 1) is None


def test_a_file_that_is_not_there_is_not_edited() -> None:
    assert remove_argument("/nowhere/app.py", 1, "poolclass", "QueuePool") == ()

"""The scheme of a URL changes where it is written in the call, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.explain.editing import apply
from greenshift.explain.editing.url_scheme import change_scheme


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('make("sqlite:///x.db")\n', 'make("sqlite+aiosqlite:///x.db")\n'),
        ('make(f"sqlite:///{x}.db", echo=True)\n', 'make(f"sqlite+aiosqlite:///{x}.db", echo=True)\n'),
        ("make(\n    url=r'''sqlite://''',\n)\n", "make(\n    url=r'''sqlite+aiosqlite://''',\n)\n"),
        ('lib.make("sqlite://"); other("sqlite://")\n', 'lib.make("sqlite+aiosqlite://"); other("sqlite://")\n'),
    ],
)
def test_the_scheme_changes(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "app.py"
    path.write_text(before)
    apply(change_scheme(str(path), 1, "make", "sqlite", "sqlite+aiosqlite"))
    assert path.read_text() == after


@pytest.mark.parametrize(
    "before",
    [
        "make(URL)\n",
        'make("postgresql://")\n',
        'make("sqlite" "://")\n',
        'make(f"{scheme}://")\n',
        'make(echo="sqlite://")\n',
        'make("sqlite://"), make("sqlite://")\n',
        "make(\n",
    ],
)
def test_nothing_changes_where_the_url_is_not_written_in_the_call(tmp_path: Path, before: str) -> None:
    path = tmp_path / "app.py"
    path.write_text(before)
    assert change_scheme(str(path), 1, "make", "sqlite", "sqlite+aiosqlite") == ()

"""The databases that both sides run on."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.config import Config
from greenshift.shift.verify.running.databases import driver_of
from greenshift.shift.verify.running.interpreter import Interpreter

BOTH = Interpreter(Path("python"), frozenset({"asyncpg", "psycopg", "psycopg2"}), "2.0.36")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('drivers = {"postgresql": "postgresql+psycopg"}', "psycopg"),
        ('drivers = {"postgresql": "postgresql+asyncpg"}', "asyncpg"),
        ("engine = create_async_engine(os.environ['DATABASE_URL'])", "asyncpg"),
    ],
)
def test_the_shifted_side_runs_on_the_driver_that_its_code_names(tmp_path: Path, code: str, wanted: str) -> None:
    (tmp_path / "database.py").write_text(code)
    assert driver_of(BOTH, Config(root=tmp_path), is_async=True) == wanted

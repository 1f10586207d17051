"""The driver that an application's URL names."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.application.drivers import driver_of
from greenshift.application.errors import ApplicationError
from greenshift.application.interpreter import Interpreter
from greenshift.config import Config


def interpreter(*packages: str, sqlalchemy: str = "2.0.36") -> Interpreter:
    return Interpreter(Path("python"), frozenset(packages), "3.12.1", sqlalchemy)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('drivers = {"postgresql": "postgresql+psycopg"}', "psycopg"),
        ('drivers = {"postgresql": "postgresql+asyncpg"}', "asyncpg"),
        ("engine = create_async_engine(os.environ['DATABASE_URL'])", "asyncpg"),
    ],
)
def test_an_async_application_gets_the_driver_that_its_code_names(tmp_path: Path, code: str, wanted: str) -> None:
    (tmp_path / "database.py").write_text(code)
    installed = interpreter("asyncpg", "psycopg", "psycopg2")
    assert driver_of(installed, Config(root=tmp_path), is_async=True) == wanted


def test_what_only_tests_and_migrations_name_does_not_count(tmp_path: Path) -> None:
    for name in ("tests/conftest.py", "migrations/env.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text('url = "postgresql+psycopg://localhost/shop"')
    assert driver_of(interpreter("asyncpg", "psycopg"), Config(root=tmp_path), is_async=True) == "asyncpg"


@pytest.mark.parametrize(
    ("packages", "sqlalchemy", "wanted"),
    [
        (("psycopg", "psycopg2"), "2.0.36", None),
        (("psycopg", "psycopg2"), "2.1.0b1", None),
        (("psycopg",), "2.0.36", "psycopg"),
        (("psycopg2",), "2.1.0b1", "psycopg2"),
    ],
)
def test_a_sync_application_names_none_where_the_default_is_installed(
    tmp_path: Path, packages: tuple[str, ...], sqlalchemy: str, wanted: str | None
) -> None:
    assert driver_of(interpreter(*packages, sqlalchemy=sqlalchemy), Config(root=tmp_path), is_async=False) == wanted


@pytest.mark.parametrize(("is_async", "command"), [(True, "asyncpg"), (False, "psycopg2-binary")])
def test_what_to_install_is_said(tmp_path: Path, is_async: bool, command: str) -> None:
    with pytest.raises(ApplicationError, match="python has no PostgreSQL driver") as caught:
        driver_of(interpreter(), Config(root=tmp_path), is_async=is_async)
    assert caught.value.fix == f"pip install {command} into it"

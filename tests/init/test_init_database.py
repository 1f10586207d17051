"""Where the database's URL comes from: variables, whole or in parts, and the driver."""

from __future__ import annotations

from pathlib import Path

import pytest

from greenshift.init.database import Database, find_database
from greenshift.init.environment_probe import ProbeEnvironment
from greenshift.init.source_tree import SourceTree

SYNC = "from sqlalchemy import create_engine\n"
ASYNC = "from sqlalchemy.ext.asyncio import create_async_engine\n"


def database(folder: Path, **files: str) -> Database:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return find_database(SourceTree(folder))


def test_a_variable_that_carries_the_whole_url(tmp_path: Path) -> None:
    found = database(tmp_path, db=f'import os\n{ASYNC}engine = create_async_engine(os.environ["DATABASE_URL"])\n')
    assert found.variables == {"DATABASE_URL": None}
    assert found.places == {"DATABASE_URL": "db.py:3"}
    assert (found.driver, found.listen, found.hard_coded) == ("asyncpg", None, [])


def test_a_name_that_says_nothing_is_found_by_where_it_goes(tmp_path: Path) -> None:
    found = database(tmp_path, db=f'import os\n{SYNC}engine = create_engine(os.getenv("WHERE", "postgresql:///x"))\n')
    assert found.variables == {"WHERE": None}
    assert found.driver == "psycopg"


def test_a_url_in_parts_needs_a_host_and_a_port(tmp_path: Path) -> None:
    found = database(
        tmp_path,
        settings="from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n"
        "    DB_HOST: str\n    DB_PORT: int = 5432\n    DB_USER: str\n    DB_PASS: str\n    DB_NAME: str\n"
        "    REDIS_URL: str = 'redis://localhost'\n\n    @property\n    def url(self) -> str:\n"
        '        return f"postgresql+asyncpg://{self.DB_USER}:{self.DB_PASS}@{self.DB_HOST}:{self.DB_PORT}/{self.DB_NAME}"\n'
        "\n\nsettings = Settings()\n",
        db=f"from settings import settings\n{ASYNC}engine = create_async_engine(settings.url)\n",
    )
    assert found.variables == {
        "DB_USER": "{user}",
        "DB_PASS": "{password}",
        "DB_HOST": "{host}",
        "DB_PORT": "{port}",
        "DB_NAME": "{database}",
    }
    assert found.listen == "tcp"


def test_a_variable_behind_a_scheme_gets_the_rest_of_a_url(tmp_path: Path) -> None:
    found = database(
        tmp_path,
        db=f'import os\n{SYNC}engine = create_engine("postgresql+psycopg://" + os.environ["POSTGRES_URI"])\n',
    )
    assert found.variables == {"POSTGRES_URI": "{user}:{password}@{host}:{port}/{database}"}
    assert found.listen == "tcp"


def test_sync_and_async_engines_get_a_driver_each(tmp_path: Path) -> None:
    found = database(
        tmp_path,
        db=f'import os\n{SYNC}{ASYNC}engine = create_async_engine(os.environ["DATABASE_URL"])\n'
        'old = create_engine(os.environ["SYNC_DATABASE_URL"])\n',
    )
    assert found.variables == {"DATABASE_URL": None, "SYNC_DATABASE_URL": "psycopg"}
    assert found.driver == "asyncpg"


def test_an_application_on_psycopg2_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("sqlalchemy\npsycopg2-binary==2.9\n")
    found = database(tmp_path, db=f'import os\n{SYNC}engine = create_engine(os.environ["DATABASE_URL"])\n')
    assert found.variables == {"DATABASE_URL": "psycopg2"}


def test_a_url_in_the_code_is_told(tmp_path: Path) -> None:
    found = database(tmp_path, db=f'{SYNC}engine = create_engine("postgresql+psycopg://localhost/shop")\n')
    assert found.variables == {}
    assert [engine.name for engine in found.hard_coded] == ["engine"]
    assert not found.is_sqlite


def test_sqlite_alone_stays_sqlite(tmp_path: Path) -> None:
    found = database(
        tmp_path, db=f'import os\n{SYNC}engine = create_engine(os.getenv("DATABASE_URL", "sqlite:///app.db"))\n'
    )
    assert found.is_sqlite
    assert (found.driver, found.variables) == ("sqlite", {"DATABASE_URL": "pysqlite"})


def test_engines_of_tests_and_migrations_are_none_of_the_applications(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(f'{SYNC}engine = create_engine("sqlite://")\n')
    found = database(tmp_path, db=f'import os\n{SYNC}engine = create_engine(os.environ["DATABASE_URL"])\n')
    assert [engine.place.file for engine in found.engines] == ["db.py"]


@pytest.mark.parametrize("name", ["LOG_LEVEL", "DB_POOL_SIZE", "DB_ECHO", "DB_DRIVER"])
def test_what_is_no_part_of_a_url_is_not_answered(name: str) -> None:
    assert name not in ProbeEnvironment()

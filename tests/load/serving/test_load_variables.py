"""The variables that lead each version to its database, with its own driver."""

from __future__ import annotations

from pathlib import Path

import pytest
from load.serving.loadshop import ASYNC, shop

from greenshift.application.errors import ApplicationError
from greenshift.application.interpreter import Interpreter
from greenshift.config import Config
from greenshift.load.serving.variables import is_async, variables_for
from greenshift.postgres import Address

ADDRESS = Address("127.0.0.1", 5433, "someone", "pass word")
URL = "127.0.0.1:5433/load"


def values(folder: Path, *drivers: str, more: dict[str, str] | None = None, version: str = "2.1.0", **config: object):
    interpreter = Interpreter(Path("python"), frozenset(drivers), "3.12", version)
    found = variables_for(Config(root=folder, **config), interpreter, ADDRESS, "load", more or {})
    return {name: value.replace("someone:pass%20word@", "") for name, value in found.items()}


@pytest.fixture
def sync_shop(tmp_path):
    return shop(tmp_path / "sync")


@pytest.fixture
def async_shop(tmp_path):
    return shop(tmp_path / "async", ASYNC)


def test_each_version_gets_its_own_kind_of_driver(sync_shop, async_shop):
    installed = ("psycopg", "psycopg2", "asyncpg")
    assert values(sync_shop, *installed) == {"DATABASE_URL": f"postgresql://{URL}"}
    assert values(async_shop, *installed) == {"DATABASE_URL": f"postgresql+asyncpg://{URL}"}


def test_a_sync_version_without_the_default_driver_gets_one_that_is_installed(sync_shop):
    assert values(sync_shop, "psycopg", version="2.0.30") == {"DATABASE_URL": f"postgresql+psycopg://{URL}"}
    assert values(sync_shop, "psycopg2", version="2.0.30") == {"DATABASE_URL": f"postgresql://{URL}"}


def test_a_driver_that_the_code_names_is_preferred(async_shop):
    (async_shop / "urls.py").write_text('DEFAULT = "postgresql+psycopg://localhost/shop"')
    assert values(async_shop, "asyncpg", "psycopg") == {"DATABASE_URL": f"postgresql+psycopg://{URL}"}


def test_tests_and_migrations_do_not_make_a_version_async(sync_shop):
    for name in ("tests/conftest.py", "migrations/env.py", "test_it.py"):
        file = sync_shop / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("create_async_engine('x')")
    assert not is_async(sync_shop)


def test_the_configuration_says_variables_and_forms(async_shop):
    env = {"DB_HOST": "{host}", "DB_PASSWORD": "{password}", "SYNC_URL": "psycopg", "URL": None}
    assert values(async_shop, "asyncpg", configured=True, env=env) == {
        "DB_HOST": "127.0.0.1",
        "DB_PASSWORD": "pass word",
        "SYNC_URL": f"postgresql+psycopg://{URL}",
        "URL": f"postgresql+asyncpg://{URL}",
    }


def test_given_variables_are_added_or_replace_a_form(async_shop):
    more = {"DATABASE_URL": "psycopg", "MODE": "asyncpg", "COPY": "{url}?x=1", "JSON": '{"a": 1}'}
    assert values(async_shop, "asyncpg", more=more) == {
        "DATABASE_URL": f"postgresql+psycopg://{URL}",
        "MODE": "asyncpg",
        "COPY": f"postgresql+asyncpg://{URL}?x=1",
        "JSON": '{"a": 1}',
    }


def test_a_missing_driver_is_named(async_shop):
    with pytest.raises(ApplicationError, match="no PostgreSQL driver") as caught:
        values(async_shop)
    assert "pip install asyncpg" in caught.value.fix

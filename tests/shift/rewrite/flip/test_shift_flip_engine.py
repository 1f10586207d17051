"""Engines become async, with arguments that async drivers take."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from infrastructure import flip, flipped, reasons

from greenshift.shift.rewrite.flip.engine import fix_engines

CREATE = "from sqlalchemy import create_engine\n"


def test_create_engine_becomes_create_async_engine() -> None:
    assert flipped(CREATE + 'engine = create_engine("postgresql+psycopg://u@h/d", echo=True)\n', fix_engines) == (
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        'engine = create_async_engine("postgresql+psycopg://u@h/d", echo=True)\n'
    )


@pytest.mark.parametrize(
    "form",
    [
        'import sqlalchemy as sa\nengine = sa.create_engine("sqlite+aiosqlite://")\n',
        'import sqlalchemy\nengine = sqlalchemy.create_engine("sqlite+aiosqlite://")\n',
        'from sqlalchemy import create_engine as make\nengine = make("sqlite+aiosqlite://")\n',
        'from sqlmodel import create_engine\nengine = create_engine("sqlite+aiosqlite://")\n',
        'from sqlalchemy import engine as e\nengine = e.create_engine("sqlite+aiosqlite://")\n',
    ],
)
def test_every_way_of_naming_it(form: str) -> None:
    assert 'engine = create_async_engine("sqlite+aiosqlite://")' in flipped(form, fix_engines)


def test_a_function_of_the_applications_own_is_not_touched() -> None:
    text = 'def create_engine(url):\n    return url\nengine = create_engine("sqlite://")\n'
    assert flipped(text, fix_engines) == text


def test_queue_pool_becomes_the_async_one_and_others_stay() -> None:
    new = flipped(
        "from sqlalchemy import create_engine\nfrom sqlalchemy.pool import NullPool, QueuePool, StaticPool\n"
        'a = create_engine("sqlite+aiosqlite:///a", poolclass=QueuePool, pool_size=5)\n'
        'b = create_engine("sqlite+aiosqlite:///b", poolclass=StaticPool)\n'
        'c = create_engine("sqlite+aiosqlite:///c", poolclass=NullPool)\n',
        fix_engines,
    )
    assert "poolclass=AsyncAdaptedQueuePool, pool_size=5" in new
    assert "poolclass=StaticPool" in new
    assert "poolclass=NullPool" in new
    assert "import NullPool, StaticPool, AsyncAdaptedQueuePool" in new


def test_sqlites_thread_argument_stays() -> None:
    new = flipped(
        CREATE + 'engine = create_engine("sqlite:///x.db", connect_args={"check_same_thread": False})\n', fix_engines
    )
    assert 'create_async_engine("sqlite+aiosqlite:///x.db", connect_args={"check_same_thread": False})' in new


def test_arguments_of_psycopg2s_dialect_go() -> None:
    result = flip(
        CREATE
        + "engine = create_engine(\n"
        + '    "postgresql://u@h/d",\n'
        + '    executemany_mode="values_plus_batch",  # fast\n'
        + "    future=True,\n"
        + "    pool_pre_ping=True,\n"
        + ")\n",
        fix_engines,
    )
    assert result.texts["app.py"].endswith(
        'engine = create_async_engine(\n    "postgresql+asyncpg://u@h/d",\n    pool_pre_ping=True,\n)\n'
    )
    assert reasons(result, "engine") == ["`executemany_mode` was dropped: async drivers do not take it"]


def test_connect_args_are_written_as_asyncpg_takes_them() -> None:
    new = flipped(
        CREATE + 'engine = create_engine("postgresql://h/d", connect_args={"sslmode": "require", "connect_timeout": 5, '
        '"options": "-c timezone=utc -c search_path=app", "application_name": "shop", "keepalives": 1})\n',
        fix_engines,
    )
    written = new.partition("connect_args=")[2].rpartition(")")[0]
    assert ast.literal_eval(written) == {
        "ssl": "require",
        "timeout": 5,
        "server_settings": {"timezone": "utc", "search_path": "app", "application_name": "shop"},
    }


def test_connect_args_stay_for_psycopg() -> None:
    text = CREATE + 'engine = create_engine("postgresql://h/d", connect_args={"sslmode": "require"})\n'
    assert '{"sslmode": "require"}' in flipped(text, fix_engines, driver="psycopg")


def test_an_engine_that_makes_its_own_connections_is_left_and_listed() -> None:
    text = CREATE + 'engine = create_engine("postgresql://", creator=connect)\n'
    result = flip(text, fix_engines)
    assert result.texts["app.py"] == text
    assert "async_creator" in reasons(result, "engine")[0]


def test_alembics_engine_stays_sync() -> None:
    env = (
        "from alembic import context\nfrom sqlalchemy import engine_from_config, pool\n"
        'engine = engine_from_config({}, prefix="sqlalchemy.", poolclass=pool.NullPool)\n'
    )
    migration = 'from alembic import op\nfrom sqlalchemy import create_engine\ne = create_engine("sqlite://")\n'
    result = flip({"migrations/env.py": env, "migrations/versions/a.py": migration}, fix_engines)
    assert result.changed == []


def test_an_async_engine_is_left_alone() -> None:
    text = (
        "from sqlalchemy.ext.asyncio import create_async_engine\n"
        'engine = create_async_engine("sqlite+aiosqlite://", echo=True)\n'
    )
    assert flipped(text, fix_engines) == text


def test_an_engine_in_partial_is_renamed_and_listed() -> None:
    result = flip(CREATE + "from functools import partial\nmake = partial(create_engine, echo=True)\n", fix_engines)
    assert "partial(create_async_engine, echo=True)" in result.texts["app.py"]
    assert reasons(result, "engine")


@pytest.mark.parametrize(
    "options",
    [
        'options = {"url": "sqlite:///a.db", "echo": True}',
        'options = dict(url="sqlite:///a.db")',
        'options: dict = {}\noptions["url"] = "sqlite:///a.db"',
    ],
)
def test_a_url_among_other_arguments(options: str) -> None:
    new = flipped(CREATE + f"{options}\nengine = create_engine(**options)\n", fix_engines)
    assert "create_async_engine(**options)" in new
    names: dict[str, Any] = {}
    exec(new, names)
    assert names["engine"].url.render_as_string() == "sqlite+aiosqlite:///a.db"


def test_a_url_that_is_handed_in_among_other_arguments() -> None:
    result = flip(
        CREATE + "def make(url, options):\n    given = {'url': url}\n    return create_engine(**given)\n", fix_engines
    )
    assert "{'url': async_url(url)}" in result.texts["app.py"]
    assert reasons(result, "url") == []


def test_arguments_that_nobody_can_see_are_listed() -> None:
    result = flip(CREATE + "def make(options):\n    return create_engine(**options)\n", fix_engines)
    assert reasons(result, "url") == ["the URL among these arguments must name an async driver"]

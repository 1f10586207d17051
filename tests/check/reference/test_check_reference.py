"""The tables of arguments, held against the installed SQLAlchemy and the installed drivers."""

from __future__ import annotations

import inspect
import sqlite3
from typing import Any

import asyncpg
import psycopg
import pytest
from packaging.requirements import Requirement
from sqlalchemy import create_engine, pool
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import create_async_engine

from greenshift.check.facts import Engine, Program, Requirements, Scope, Text, Value
from greenshift.check.reference.addresses import host_and_port, managed_by, transaction_pooling
from greenshift.check.reference.drivers import LIBPQ, TAKEN, refuses
from greenshift.check.reference.engine_arguments import (
    ELSEWHERE,
    QUEUE,
    REMOVED,
    all_names,
    meant,
    names_of,
    queue_only,
)
from greenshift.check.reference.installed import async_driver, brings
from greenshift.check.reference.versions import may_be_2_1, may_be_before_2_1, may_be_from
from greenshift.report.findings import Place

SCHEMES = {
    "postgresql+psycopg": create_engine,
    "postgresql+asyncpg": create_async_engine,
    "sqlite+pysqlite": create_engine,
    "sqlite+aiosqlite": create_async_engine,
}


def _is_refused(scheme: str, name: str) -> bool:
    make: Any = SCHEMES[scheme]
    try:
        make(f"{scheme}:///shop", **{name: object()})
    except TypeError as error:
        return f"Invalid argument(s) {name!r}" in str(error)
    except Exception:
        # The value was wrong: the name was taken.
        return False
    return False


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_create_engine_refuses_is_not_in_the_table(scheme: str) -> None:
    known = names_of(scheme)
    assert known is not None
    # What only one of the two versions takes, or create_engine itself for asyncio engines alone.
    either = {"_json_serializer", "_json_deserializer", "empty_in_strategy", "async_creator", "dialect", "_dispatch"}
    refused = {name for name in known - either - {"url"} if _is_refused(scheme, name)}
    assert refused == set()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_the_table_does_not_have_is_refused(scheme: str) -> None:
    known = names_of(scheme)
    assert known is not None
    others = (all_names() | set(REMOVED) | set(ELSEWHERE)) - known
    taken = {name for name in others if not name.startswith("_") and not _is_refused(scheme, name)}
    assert taken == set()


@pytest.mark.parametrize("name", ["NullPool", "StaticPool", "AssertionPool", "SingletonThreadPool", "QueuePool"])
def test_arguments_of_a_queue(name: str) -> None:
    for argument in QUEUE:
        if argument in queue_only(name):
            with pytest.raises(TypeError, match=f"Invalid argument.*{argument}"):
                create_engine("sqlite:///shop.db", poolclass=getattr(pool, name), **{argument: 1})
        else:
            create_engine("sqlite:///shop.db", poolclass=getattr(pool, name), **{argument: 1})


def test_asyncio_pool_for_a_sync_engine_is_refused() -> None:
    with pytest.raises(ArgumentError, match="cannot be used with non-asyncio engine"):
        create_engine("sqlite:///shop.db", poolclass=pool.AsyncAdaptedQueuePool)


def test_close_names() -> None:
    assert meant("pool_recyle") == "pool_recycle"
    assert meant("poolsize") == "pool_size"
    assert meant("credentials_path") == ""


def test_arguments_of_asyncpg() -> None:
    assert set(inspect.signature(asyncpg.connect).parameters) <= TAKEN["asyncpg"]


def test_arguments_of_libpq() -> None:
    assert {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()} <= LIBPQ
    parameters = inspect.signature(psycopg.connect).parameters
    assert {name for name in parameters if name != "kwargs"} <= TAKEN["psycopg"]


def test_arguments_of_sqlite() -> None:
    for name in ("connect_timeout", "sslmode", "server_settings", "options"):
        assert refuses("sqlite", "", name)
        with pytest.raises(TypeError):
            sqlite3.connect(":memory:", **{name: 1})
    for name in ("timeout", "check_same_thread", "uri", "cached_statements"):
        assert not refuses("sqlite", "", name)
        sqlite3.connect(":memory:", **{name: 1}).close()


def test_a_name_that_nobody_knows_is_not_refused() -> None:
    assert not refuses("postgresql", "asyncpg", "something_new")
    assert not refuses("snowflake", "", "sslmode")
    assert refuses("postgresql", "", "check_same_thread")


def _requirements(*lines: str) -> Requirements:
    found = {}
    for number, line in enumerate(lines, 1):
        requirement = Requirement(line)
        found[requirement.name] = ((requirement, Place("requirements.txt", number, 1, number, len(line) + 1)),)
    return Requirements(found)


@pytest.mark.parametrize(
    ("line", "before", "after"),
    [
        ("sqlalchemy", True, True),
        ("sqlalchemy>=2", True, True),
        ("sqlalchemy==2.0.41", True, False),
        ("sqlalchemy~=2.0.30", True, False),
        ("sqlalchemy<2.1", True, False),
        ("sqlalchemy~=2.1", False, True),
        ("sqlalchemy==2.1.3", False, True),
        ("flask", True, False),
    ],
)
def test_versions_that_requirements_allow(line: str, before: bool, after: bool) -> None:
    requirements = _requirements(line)
    assert (may_be_before_2_1(requirements), may_be_2_1(requirements)) == (before, after)


def test_a_version_or_a_later_one() -> None:
    assert may_be_from(_requirements("asyncpg>=0.29"), "asyncpg", (0, 31))
    assert not may_be_from(_requirements("asyncpg==0.29.0"), "asyncpg", (0, 31))
    assert not may_be_from(_requirements("asyncpg<0.31"), "asyncpg", (0, 31))
    assert may_be_from(_requirements("flask"), "asyncpg", (0, 31))


def test_drivers_that_requirements_bring() -> None:
    assert brings(_requirements("psycopg2-binary"), "psycopg2")
    assert not brings(_requirements("psycopg2-binary"), "psycopg")
    assert brings(_requirements("sqlalchemy[postgresql_asyncpg]"), "asyncpg")
    assert async_driver(_requirements("asyncpg"), "postgresql") == "asyncpg"
    assert async_driver(_requirements("psycopg"), "postgresql") == "psycopg"
    assert async_driver(_requirements("asyncpg", "psycopg"), "postgresql") == ""
    assert async_driver(_requirements("flask"), "postgresql") == "asyncpg"
    assert async_driver(_requirements("flask"), "mysql") == ""


def _engine(*pieces: str | None) -> Engine:
    return Engine("sync", "engine", "create_engine", Place("a.py", 1, 1, 1, 2), Scope.MODULE, Value.of(Text(pieces)))


@pytest.mark.parametrize(
    ("pieces", "host", "port"),
    [
        (("postgresql://app:secret@db:6432/shop",), "db", "6432"),
        (("postgresql://app@db/shop?host=other:1",), "db", ""),
        (("postgresql://", None, ":", None, "@", None, ":6543/shop"), "\0", "6543"),
        (("postgresql:///shop?host=/cloudsql/a:b:c",), "", ""),
        (("sqlite://",), "", ""),
    ],
)
def test_host_and_port(pieces: tuple[str | None, ...], host: str, port: str) -> None:
    assert host_and_port(Text(pieces)) == (host, port)


@pytest.mark.parametrize(
    ("url", "closes", "pooling"),
    [
        ("postgresql://db:5432/shop", "", ""),
        ("postgresql://db:6432/shop", "a connection pooler (port 6432)", "possible"),
        ("postgresql://x.pooler.supabase.com:6543/shop", "a connection pooler (port 6543)", "sure"),
        ("postgresql://x.pooler.supabase.com:5432/shop", "Supabase", ""),
        ("postgresql://ep-a-pooler.eu.aws.neon.tech/shop", "Neon", ""),
        ("postgresql://p.proxy-abc.eu-central-1.rds.amazonaws.com/shop", "an RDS proxy", ""),
        ("postgresql://p.abc.eu-central-1.rds.amazonaws.com/shop", "", ""),
        ("postgresql://my.proxy-host.example/shop", "", ""),
        ("postgresql://pgbouncer/shop", "PgBouncer", "possible"),
        ("postgresql+psycopg2:///shop?host=/cloudsql/a:b:c", "the Cloud SQL connector", ""),
        ("postgresql://neon.tech:pw@localhost/shop.neon.tech", "", ""),
    ],
)
def test_what_an_address_shows(url: str, closes: str, pooling: str) -> None:
    engine = _engine(url)
    assert managed_by(engine, Program()) == closes
    assert transaction_pooling(engine, Program()) == pooling

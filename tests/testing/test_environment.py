"""The application's variables: ours while the tests run, and what they named before is out of reach."""

from __future__ import annotations

import pytest
from testing.conftest import Project

from greenshift.errors import ConfigurationError
from greenshift.postgres import Address, Server
from greenshift.testing.environment import Environment, Target

ADDRESS = Address("127.0.0.1", 6000, "anna", "s p")


def test_values_take_the_driver_or_fill_a_template() -> None:
    variables = {"A": None, "B": "psycopg", "HOST": "{host}", "DSN": "host={host} port={port} dbname={database}"}
    values = Environment(variables, "asyncpg", {}).values(ADDRESS, "shop")
    assert values == {
        "A": "postgresql+asyncpg://anna:s%20p@127.0.0.1:6000/shop",
        "B": "postgresql+psycopg://anna:s%20p@127.0.0.1:6000/shop",
        "HOST": "127.0.0.1",
        "DSN": "host=127.0.0.1 port=6000 dbname=shop",
    }


def test_an_unknown_name_in_a_template_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"env\.A"):
        Environment({"A": "{hostname}"}, "asyncpg", {}).values(ADDRESS, "shop")


def test_the_variables_are_given_back() -> None:
    environ = {"A": "before"}
    environment = Environment({"A": None, "B": None}, "asyncpg", environ)
    environment.apply({"A": "during", "B": "during"})
    assert environ == {"A": "during", "B": "during"}
    environment.restore()
    assert environ == {"A": "before"}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("postgresql://u:p@db.example.com/app", Target("db.example.com", 5432, "app")),
        ("postgresql+asyncpg://u@DB.example.com:6432/app?ssl=require", Target("db.example.com", 6432, "app")),
        ("postgres://localhost/app", Target("localhost", 5432, "app")),
        ("postgresql://127.0.0.1/app", Target("localhost", 5432, "app")),
        ("postgresql+psycopg://u@/app?host=/run/pg&port=5433", Target("/run/pg", 5433, "app")),
        ("sqlite:///file.db", None),
        ("not a url", None),
    ],
)
def test_where_a_url_leads(url: str, target: Target | None) -> None:
    assert Target.of(url) == target


@pytest.fixture
def production(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database that the environment names, as on a developer's machine with a sourced .env."""
    with server.connect() as connection:
        connection.execute("create database production")
    with server.connect("production") as connection:
        connection.execute("create table customer (id int, name text)")
        connection.execute("insert into customer values (1, 'a real one')")
    monkeypatch.setenv("DATABASE_URL", server.url("production", "asyncpg"))
    yield server.url("production", "psycopg")
    with server.connect("production") as connection:
        rows = connection.execute("select id, name from customer").fetchall()
    with server.connect() as connection:
        connection.execute("drop database production with (force)")
    assert rows == [(1, "a real one")]


def test_a_production_url_is_replaced_before_the_application_sees_it(project: Project, production: str) -> None:
    project.write("conftest.py", "from shop import database\n")
    project.check(
        """
        from sqlalchemy import text
        from shop.database import engine

        async def test_where(async_db_session):
            assert "greenshift_" in str(engine.url)
            async with engine.connect() as connection:
                assert await connection.scalar(text("select count(*) from customer")) == 0
        """,
        passed=1,
    )


def test_a_connection_to_the_replaced_database_is_refused(project: Project, production: str) -> None:
    result = project.check(
        f"""
        from sqlalchemy import create_engine, text

        def test_copy_of_the_url():
            with create_engine({production!r}).connect() as connection:
                connection.execute(text("delete from customer"))
        """,
        failed=1,
    )
    result.stdout.fnmatch_lines(["*a connection to */production was refused*"])


def test_something_that_connected_earlier_ends_the_run(project: Project, production: str) -> None:
    project.write(
        "early.py",
        f"""
        from sqlalchemy import create_engine
        engine = create_engine({production!r})
        engine.connect().close()
        """,
    )
    project.write("test_shop.py", "def test_one(db_session):\n    db_session.connection()\n")
    project.pytester.syspathinsert()
    result = project.run("-p", "early")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*something connected to */production*", "*fix: *"])


def test_a_database_of_others_is_never_rewound(project: Project, production: str) -> None:
    project.check(
        """
        from sqlalchemy import text

        def test_one(db_session):
            db_session.execute(text("delete from customer"))
        """,
        f"--db-url={production.replace('+psycopg', '')}",
        passed=1,
    )

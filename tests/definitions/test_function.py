from __future__ import annotations

import asyncio
import sqlite3

import pytest

from greenshift.definitions import from_callable, from_sql, with_seeds
from greenshift.errors import ConfigurationError
from greenshift.postgres import TemplateError

FORMS = """
    from __future__ import annotations
    from sqlalchemy import Connection, Engine, text
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
    from sqlalchemy.orm import Session
    from sqlmodel import Session as ModelSession

    CREATE = text("CREATE TABLE done (kind text)")

    def insert(given):
        return text("INSERT INTO done VALUES (:kind)").bindparams(kind=type(given).__name__)

    def bare(connection):
        connection.execute(CREATE)
        connection.execute(insert(connection))

    def connection(connection: Connection):
        bare(connection)

    def session(session: Session):
        bare(session)

    def model_session(session: ModelSession):
        session.connection().execute(CREATE)
        session.connection().execute(insert(session))

    def engine(engine: Engine, more: int = 1):
        with engine.begin() as connection:
            connection.execute(CREATE)
            connection.execute(insert(engine))

    async def async_bare(connection):
        await connection.execute(CREATE)
        await connection.execute(insert(connection))

    async def async_connection(connection: AsyncConnection):
        await async_bare(connection)

    async def async_session(session: AsyncSession):
        await async_bare(session)

    async def async_engine(engine: AsyncEngine):
        async with engine.begin() as connection:
            await connection.execute(CREATE)
            await connection.execute(insert(engine))
"""


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("bare", "Connection"),
        ("connection", "Connection"),
        ("session", "Session"),
        ("model_session", "Session"),
        ("engine", "Engine"),
        ("async_bare", "AsyncConnection"),
        ("async_connection", "AsyncConnection"),
        ("async_session", "AsyncSession"),
        ("async_engine", "AsyncEngine"),
    ],
)
def test_a_function_gets_what_it_asks_for_and_is_committed(project, target, rows, sqlite_target, function, kind):
    project({"forms.py": FORMS})
    definition = from_callable(f"forms:{function}")

    definition.build(target)
    definition.build(sqlite_target)

    assert rows("SELECT kind FROM done") == [(kind,)]
    with sqlite3.connect(sqlite_target.path) as connection:
        assert connection.execute("SELECT kind FROM done").fetchall() == [(kind,)]


def test_a_coroutine_function_runs_although_a_loop_is_running_here(project, target, rows):
    project({"forms.py": FORMS})

    async def build() -> None:
        from_callable("forms:async_session").build(target)

    asyncio.run(build())
    assert rows("SELECT kind FROM done") == [("AsyncSession",)]


def test_a_failing_function_is_named_with_its_line(project, target):
    project({"forms.py": "def load(connection):\n    return {}['missing']\n"})
    with pytest.raises(TemplateError) as caught:
        from_callable("forms:load").build(target)
    assert caught.value.problem == "setup forms:load failed with KeyError: 'missing' (forms.py:2)"
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_failing_statement_is_told_in_the_databases_words(project, target):
    project(
        {
            "forms.py": "from sqlalchemy import text\n"
            "async def load(connection):\n    await connection.execute(text('SELECT * FROM nowhere'))\n"
        }
    )
    with pytest.raises(TemplateError) as caught:
        from_callable("forms:load").build(target)
    assert caught.value.problem == (
        'setup forms:load failed with UndefinedTable: relation "nowhere" does not exist (forms.py:3)'
    )


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("def load(): pass", "setup forms:load does not take exactly one argument"),
        ("def load(a, b): pass", "setup forms:load does not take exactly one argument"),
        ("load = 3", "setup = 'forms:load' names a int"),
        (
            "from sqlalchemy.ext.asyncio import AsyncSession\ndef load(s: AsyncSession): pass",
            "setup forms:load takes a AsyncSession but is not async",
        ),
        (
            "from sqlalchemy.orm import Session\nasync def load(s: Session): pass",
            "setup forms:load takes a Session but is async",
        ),
    ],
)
def test_a_function_that_cannot_be_called_is_refused(project, source, problem):
    project({"forms.py": source})
    with pytest.raises(ConfigurationError) as caught:
        from_callable("forms:load")
    assert caught.value.problem == problem


def test_fingerprint_covers_the_project_modules_that_are_imported(project):
    files = {
        "tests_/__init__.py": "",
        "tests_/seed.py": "from . import rows\nimport json\n\ndef load(c):\n    from app import models\n",
        "tests_/rows.py": "ROWS = 1\n",
        "app/__init__.py": "",
        "app/models.py": "A = 1\n",
        "app/unrelated.py": "B = 1\n",
    }
    folder = project(files)

    def fingerprint() -> str:
        return from_callable("tests_.seed:load").fingerprint

    before = fingerprint()
    (folder / "app/unrelated.py").write_text("B = 2\n")
    assert fingerprint() == before
    (folder / "app/models.py").write_text("A = 2\n")
    after = fingerprint()
    assert after != before
    (folder / "tests_/rows.py").write_text("ROWS = 2\n")
    assert fingerprint() not in (before, after)


def test_seeds_run_in_order_on_top(project, target, rows, sqlite_target):
    folder = project(
        {
            "schema.sql": "CREATE TABLE a (id int, name text);",
            "one.sql": "INSERT INTO a VALUES (1, 'one');",
            "more.py": "from sqlalchemy import text\n"
            "def load(session):\n    session.execute(text(\"INSERT INTO a SELECT id + 1, 'two' FROM a\"))\n",
        }
    )
    plain = from_sql([folder / "schema.sql"])
    seeded = with_seeds(plain, ["one.sql", "more:load"], root=folder)

    seeded.build(target)
    seeded.build(sqlite_target)

    assert rows("SELECT * FROM a ORDER BY id") == [(1, "one"), (2, "two")]
    with sqlite3.connect(sqlite_target.path) as connection:
        assert connection.execute("SELECT * FROM a ORDER BY id").fetchall() == [(1, "one"), (2, "two")]
    swapped = with_seeds(plain, ["more:load", "one.sql"], root=folder)
    assert len({plain.fingerprint, seeded.fingerprint, swapped.fingerprint}) == 3
    assert with_seeds(plain, []) is plain


def test_a_missing_seed_function_names_the_key(project):
    project({"more.py": "def load(connection): pass\n"})
    with pytest.raises(ConfigurationError, match="seed = 'more:lod': more has no 'lod'"):
        with_seeds(from_sql([]), ["more:lod"])

"""The databases under load: copies of one, without what tests need."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest

from greenshift.application.interpreter import Interpreter
from greenshift.config import Config, load_config
from greenshift.load.errors import LoadError
from greenshift.load.serving.databases import Databases
from greenshift.load.serving.filling import fill
from greenshift.load.serving.interpreter import opened, words


def count(databases: Databases, name: str, query: str = "SELECT count(*) FROM items") -> int:
    with databases.server.connect(name) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(str(row[0]))


def test_each_copy_begins_with_the_same_rows(shop_databases):
    first = shop_databases.fresh("one")
    with shop_databases.server.connect(first) as connection:
        connection.execute("DELETE FROM items")
    second = shop_databases.fresh("two")
    assert (count(shop_databases, first), count(shop_databases, second)) == (0, 5)
    shop_databases.drop(first)
    with pytest.raises(psycopg.OperationalError):
        count(shop_databases, first)


def test_a_copy_has_statistics_and_no_triggers_of_ours(shop_databases):
    name = shop_databases.fresh("plain")
    assert count(shop_databases, name, "SELECT reltuples::int FROM pg_class WHERE relname = 'items'") == 5
    assert count(shop_databases, name, "SELECT count(*) FROM pg_trigger") == 0
    assert count(shop_databases, name, "SELECT count(*) FROM pg_event_trigger") == 0
    assert count(shop_databases, name, "SELECT count(*) FROM pg_namespace WHERE nspname ~ 'greenshift'") == 0


def test_the_server_is_reached_by_tcp_and_takes_many_connections(shop_databases):
    assert not shop_databases.server.address.is_socket
    assert count(shop_databases, shop_databases.fresh("limit"), "SHOW max_connections") == 300


@pytest.fixture(scope="module")
def interpreter():
    with opened() as found:
        yield found


def filled(shop_databases, folder: Path, interpreter: Interpreter, *prepare: str, config: Config | None = None) -> str:
    name = shop_databases.fresh(f"filled {len(prepare)} {folder.name[-15:]}")
    fill(
        shop_databases.server,
        name,
        folder=folder,
        config=config or Config(root=folder),
        interpreter=interpreter,
        variables={"DATABASE_URL": shop_databases.server.url(name)},
        prepare=prepare,
    )
    return name


def test_commands_run_in_the_version_with_its_variables(shop_databases, tmp_path, interpreter):
    (tmp_path / "seed.py").write_text(
        "import os, psycopg\n"
        "with psycopg.connect(os.environ['DATABASE_URL']) as c: c.execute(\"INSERT INTO items (name) VALUES ('x')\")\n"
    )
    (tmp_path / "more.sql").write_text("DELETE FROM items WHERE name = 'a'")
    name = filled(shop_databases, tmp_path, interpreter, "python seed.py", "more.sql")
    assert count(shop_databases, name) == 1


def test_migrations_are_found(shop_databases, tmp_path, interpreter):
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "1.py").write_text(
        "from alembic import op\nrevision = '1'\ndown_revision = None\n"
        "def upgrade(): op.execute('CREATE TABLE migrated (id int)')\n"
    )
    (tmp_path / "migrations" / "env.py").write_text(
        "import os, sqlalchemy\nfrom alembic import context\n"
        "url = os.environ['DATABASE_URL'].replace('postgresql:', 'postgresql+psycopg:')\n"
        "with sqlalchemy.create_engine(url).connect() as c:\n"
        "    context.configure(connection=c)\n"
        "    with context.begin_transaction(): context.run_migrations()\n"
    )
    name = filled(shop_databases, tmp_path, interpreter)
    assert count(shop_databases, name, "SELECT count(*) FROM migrated") == 0


@pytest.mark.parametrize(
    ("definition", "rows"),
    [
        ('sql = "schema.sql"\nseed = "seed.sql"', 2),
        ('metadata = "shapes:Base"\nseed = ["shapes:fill", "seed.sql"]', 3),
        ('setup = "shapes:make"', 1),
    ],
)
def test_what_is_configured_is_made_in_the_version(shop_databases, tmp_path, interpreter, definition, rows):
    (tmp_path / "pyproject.toml").write_text(f"[tool.greenshift]\n{definition}\n")
    (tmp_path / "schema.sql").write_text("CREATE TABLE shapes (id int)")
    (tmp_path / "seed.sql").write_text("INSERT INTO shapes VALUES (11), (12)")
    (tmp_path / "shapes.py").write_text(
        "from sqlalchemy import Connection, text\n"
        "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column\n"
        "class Base(DeclarativeBase): pass\n"
        "class Shape(Base):\n    __tablename__ = 'shapes'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        "def fill(session: Session): session.add(Shape(id=1))\n"
        "def make(connection: Connection):\n"
        "    Base.metadata.create_all(connection)\n    connection.execute(text('INSERT INTO shapes VALUES (1)'))\n"
    )
    name = filled(shop_databases, tmp_path, interpreter, config=load_config(tmp_path, {}))
    assert count(shop_databases, name, "SELECT count(*) FROM shapes") == rows


def test_what_is_configured_and_wrong_is_said_without_the_password(shop_databases, tmp_path, interpreter):
    (tmp_path / "pyproject.toml").write_text('[tool.greenshift]\nmetadata = "shapes:Base"\n')
    with pytest.raises(LoadError) as caught:
        filled(shop_databases, tmp_path, interpreter, config=load_config(tmp_path, {}))
    assert "there is no module 'shapes'" in caught.value.problem
    assert str(shop_databases.server.address.password) not in caught.value.problem


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("python -c 'raise SystemExit(\"no rows today\")'", "no rows today"),
        ("no-such-program", "cannot be run"),
        ("missing.sql", "there is no SQL file missing.sql"),
        ("wrong.sql", "wrong.sql fails on the load's database"),
    ],
)
def test_what_fails_is_said(shop_databases, tmp_path, interpreter, step, problem):
    (tmp_path / "wrong.sql").write_text("SELEC 1")
    with pytest.raises(LoadError) as caught:
        filled(shop_databases, tmp_path, interpreter, step)
    assert problem in caught.value.problem
    assert "\n" not in caught.value.problem


def test_the_interpreter_is_named_in_reports(interpreter):
    assert {"uvicorn", "psycopg", "asyncpg"} <= interpreter.packages
    assert words(interpreter).startswith(f"Python {sys.version.split()[0]}, SQLAlchemy ")

"""Handlers of failed connections take asyncpg's errors as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.postgres import ServerSettings, open_server
from greenshift.shift.rewrite.context import Options
from greenshift.shift.rewrite.stages import run_stages

NOWHERE = "postgresql+asyncpg://nobody:secret@127.0.0.1:9/nothing"
HEAD = """\
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

engine = create_engine("postgresql://nobody:secret@127.0.0.1:9/nothing")


"""


def shifted(body: str, driver: str = "asyncpg") -> str:
    options = Options(postgres_driver=driver)  # type: ignore[arg-type]
    after = run_stages({"app.py": HEAD + body}, options)[-1].texts["app.py"]
    assert run_stages({"app.py": after}, options)[-1].texts["app.py"] == after
    return after


PROBE = "def ready():\n    try:\n        engine.connect()\n    except {error}:\n        return False\n    return True\n"
QUERY = """\
def count():
    try:
        with Session(engine) as session:
            return session.scalar(text("select count(*) from users"))
    except {error}:
        return 0
"""
PING = """\
def ping(session: Session):
    try:
        session.execute(text("SELECT 1"))
    except {error}:
        return 0
"""


@pytest.mark.parametrize(
    ("body", "error", "expected"),
    [
        (PROBE, "OperationalError", "(OperationalError, DBAPIError, OSError, PostgresError)"),
        (PROBE, "SQLAlchemyError as error", "(SQLAlchemyError, OSError, PostgresError) as error"),
        (PROBE, "(DBAPIError, ValueError)", "(DBAPIError, ValueError, OSError, PostgresError)"),
        (PROBE, "Exception", "Exception"),
        (PROBE, "(OperationalError, OSError)", "(OperationalError, OSError)"),
        (QUERY, "OperationalError", "(OperationalError, OSError, PostgresError)"),
        (QUERY, "SQLAlchemyError", "SQLAlchemyError"),
        (QUERY, "IntegrityError", "IntegrityError"),
        (PING, "SQLAlchemyError", "(SQLAlchemyError, OSError, PostgresError)"),
    ],
)
def test_handlers(body: str, error: str, expected: str) -> None:
    assert f"    except {expected}:\n" in shifted(body.format(error=error))


def test_psycopg_needs_none() -> None:
    assert "except OperationalError:" in shifted(PROBE.format(error="OperationalError"), "psycopg")


def test_what_sends_nothing_is_left() -> None:
    assert "except OperationalError:" in shifted(
        "def f():\n    try:\n        g()\n    except OperationalError:\n        pass\n"
    )


def test_an_application_of_sqlite_needs_none() -> None:
    head = HEAD.replace("postgresql://nobody:secret@127.0.0.1:9/nothing", "sqlite://")
    after = run_stages({"app.py": head + PROBE.format(error="OperationalError")})[-1].texts["app.py"]
    assert "except OperationalError:" in after


def test_a_server_that_refuses_is_handled_as_before(tmp_path: Path) -> None:
    server = open_server(ServerSettings())
    try:
        text = shifted(PROBE.format(error="OperationalError"))
        assert NOWHERE in text
        (tmp_path / "app.py").write_text(text.replace(NOWHERE, server.url("no_such_database", "asyncpg")))
        code = "import app, asyncio; print(asyncio.run(app.ready()))"
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        server.stop()
    assert done.stdout == "False\n", done.stderr


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize("body", [PROBE, QUERY.replace("count", "ready")])
def test_a_database_that_is_not_there_is_handled_as_before(tmp_path: Path, driver: str, body: str) -> None:
    (tmp_path / "app.py").write_text(shifted(body.format(error="OperationalError"), driver))
    code = "import app, asyncio; print(bool(asyncio.run(app.ready())))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr

"""The contract in each isolation: in a schema of a shared database, on a clone of its own a test, in a transaction."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from contract.suite_project import TYPED_MODELS
from postgres.schemas.schema_fixtures import schemas_of, shared

from greenshift.postgres import Server

__all__ = ["shared"]

SUITE = """
from greenshift.contract import Behaviour, ModelContract
from models import Base
from sqlalchemy import text


class Alters(Behaviour):
    name = "alters"
    title = "change the table, so that it is made anew"

    async def run(self, scene, subject):
        async with scene.session() as session:
            found = session._session.execute(text("ALTER TABLE post ADD COLUMN more text"))
            if scene.is_async:
                await found


class TestModels(ModelContract):
    base = Base
    behaviours = [Alters]

    def test_its_tables_are_where_they_should_be(self, db):
        with db.connect() as connection:
            query = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = to_regclass('post')"
            (name,) = connection.execute(query).fetchone()
        assert name.startswith(SCHEMA)
"""
PYPROJECT = """
[tool.greenshift]
isolation = "{isolation}"
{more}

[tool.pytest.ini_options]
addopts = "-p no:cacheprovider -p no:schemathesis -p no:hypothesispytest"
asyncio_default_fixture_loop_scope = "function"
pythonpath = ["."]
"""
WITH_METADATA = 'metadata = "models:Base"'
CHOSEN = "where or Post and (create or alters or enums or link or deferred or rollback or concurrent or arrays)"
LEFT_OUT = [f"--leave-out={name}=slow" for name in ("concurrent", "link", "repoint", "relationship", "not_null")]
OUTSIDE = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"


@pytest.fixture(scope="module")
def any_server(contract_server: Server) -> Server:
    return contract_server


@pytest.fixture
def project(pytester: pytest.Pytester, shared: Server, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(models=TYPED_MODELS)
    return pytester


def fill(project: pytest.Pytester, isolation: str, more: str = WITH_METADATA) -> None:
    schema = "greenshift_" if isolation == "schema" else "public"
    project.makepyfile(test_models=SUITE.replace("SCHEMA", repr(schema)))
    project.makefile(".toml", pyproject=PYPROJECT.format(isolation=isolation, more=more))


@pytest.mark.parametrize("more", [WITH_METADATA, ""], ids=["metadata", "nothing configured"])
def test_in_a_schema_of_a_shared_database(more: str, project: pytest.Pytester, shared: Server) -> None:
    fill(project, "schema", more)
    # Without metadata all is made anew for each test, which takes its time.
    chosen = [] if more else ["-k", "enums or alters-Post or create-User"]
    ran = project.runpytest_subprocess(f"--db-url={shared.url()}", *chosen, timeout=200)
    outcomes = ran.parseoutcomes()
    assert outcomes.keys() <= {"passed", "deselected"}, ran.stdout.str()
    assert outcomes["passed"] > (50 if more else 2)
    assert schemas_of(shared) == []
    with shared.connect() as connection:
        assert connection.execute(OUTSIDE).fetchall() == []


def test_two_runs_of_two_workers_each_do_not_meet(project: pytest.Pytester, shared: Server) -> None:
    fill(project, "schema")
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        f"--db-url={shared.url()}",
        "-n",
        "2",
        "-k",
        "Post and (create or alters or enums or link)",
    ]
    runs = [
        subprocess.Popen(run, cwd=project.path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    for one in runs:
        output, _ = one.communicate(timeout=200)
        assert one.returncode == 0, output
    assert schemas_of(shared) == []


@pytest.mark.parametrize("isolation", ["clone", "rollback", "rewind"])
def test_in_other_isolations(isolation: str, project: pytest.Pytester, contract_server: Server) -> None:
    fill(project, isolation)
    ran = project.runpytest_subprocess(f"--db-url={contract_server.url()}", "-k", CHOSEN, timeout=200)
    outcomes = ran.parseoutcomes()
    assert outcomes.keys() <= {"passed", "deselected"}, ran.stdout.str()
    assert outcomes["passed"] > 10


def test_by_the_command(project: pytest.Pytester, shared: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(project, "schema", "")
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", shared.url())
    run = [sys.executable, "-m", "greenshift", "contract", "models:Base", "--model", "Post", *LEFT_OUT]
    ran = subprocess.run(run, cwd=project.path, capture_output=True, text=True, check=False, timeout=200)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert schemas_of(shared) == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"ix_post", "user_id", "id")', '"ix_post", "user_id", "id"), {"schema": "audit"}', "the table audit.post"),
        ('name="colour"', 'name="colour", schema="audit"', "Post.colours, of the type audit.colour"),
    ],
)
@pytest.mark.parametrize("more", [WITH_METADATA, ""], ids=["metadata", "nothing configured"])
def test_what_names_a_schema_is_refused(
    right: str, wrong: str, said: str, more: str, project: pytest.Pytester, shared: Server
) -> None:
    fill(project, "schema", more)
    models = Path("models.py").read_text(encoding="utf-8")
    assert right in models
    project.makepyfile(models=models.replace(right, wrong))
    with shared.connect() as connection:
        connection.execute("CREATE SCHEMA audit")
    ran = project.runpytest_subprocess(f"--db-url={shared.url()}", "-k", "create-Post", timeout=60)
    assert ran.ret != 0
    output = ran.stdout.str() + ran.stderr.str()
    assert (said if not more else "land outside of the tests' one") in output
    assert "fix: " in output
    assert "Traceback" not in output
    with shared.connect() as connection:
        found = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'audit'::regnamespace")
        assert found.fetchone() == (0,)

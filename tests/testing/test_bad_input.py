"""One line for what is wrong, one for what to do, pytest's exit code for wrong use, no traceback of ours."""

from __future__ import annotations

import pytest
from testing.conftest import Project

from greenshift.postgres import Server

ONE_TEST = "def test_one(db_session):\n    db_session.connection()\n"

TABLES = {
    "unknown key": ('metadat = "shop.models:Base"', "*unknown key 'metadat'*", "*did you mean 'metadata'*"),
    "no such module": ('metadata = "shop.nothing:Base"', "*shop.nothing*", "*fix: *"),
    "no such attribute": ('metadata = "shop.models:Bass"', "*Bass*", "*fix: *"),
    "no metadata": ('metadata = "shop.models:String"', "*shop.models:String*", "*fix: *"),
    "wrong isolation": ('isolation = "rewnd"', "*isolation = 'rewnd'*", "*did you mean 'rewind'*"),
    "wrong driver": ('driver = "mysql"', "*driver = 'mysql'*", "*choose one of: asyncpg, psycopg, sqlite*"),
    "no such ini": ('alembic = "nowhere.ini"', "*nowhere.ini*", "*fix: *"),
    "no such sql": ('sql = "nowhere.sql"', "*nowhere.sql*", "*fix: *"),
    "two definitions": ('metadata = "a:b"\nsql = "c.sql"', "*defines the schema twice*", "*keep one of them*"),
    "wrong type": ('work_timeout = "long"', "*'work_timeout'*wrong type*", "*fix: *"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_wrong_table(project: Project, case: str) -> None:
    table, problem, fix = TABLES[case]
    project.pytester.makefile(".toml", pyproject=f"[tool.greenshift]\n{table}\n")
    project.write("test_shop.py", ONE_TEST)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    pytest.LineMatcher(output.splitlines()).fnmatch_lines([problem, fix])
    assert "Traceback" not in output


def test_an_import_error_in_the_application(project: Project) -> None:
    project.write("shop/models.py", "import nothing_like_this\n")
    project.write("test_shop.py", ONE_TEST)
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    pytest.LineMatcher(output.splitlines()).fnmatch_lines(["*nothing_like_this*", "*fix: *"])
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://anna:secret@127.0.0.1:1/shop", "*127.0.0.1*"),
        ("postgresql://anna:secret@no-such-host.invalid/shop", "*no-such-host.invalid*"),
        ("mysql://anna:secret@localhost/shop", "*mysql*"),
    ],
)
def test_an_unreachable_url(project: Project, url: str, problem: str) -> None:
    project.write("test_shop.py", ONE_TEST)
    result = project.run(f"--db-url={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    pytest.LineMatcher(output.splitlines()).fnmatch_lines([problem, "*fix: *"])
    assert "secret" not in output
    assert "Traceback" not in output


def test_a_wrong_option(project: Project) -> None:
    project.write("test_shop.py", ONE_TEST)
    result = project.run("--db-isolation=clon")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*isolation = 'clon'*", "*did you mean 'clone'*"])


def test_a_wrong_marker(project: Project) -> None:
    result = project.check(
        """
        import pytest

        @pytest.mark.db(isolation="clon")
        def test_isolation(): pass

        @pytest.mark.db(isolatoin="clone")
        def test_argument(): pass
        """,
        errors=2,
    )
    result.stdout.fnmatch_lines(["*isolation = 'clon'*", "*the db marker has something unknown: isolatoin*"])
    assert "Traceback" not in result.stdout.str()


def test_a_missing_driver(project: Project) -> None:
    project.write("asyncpg.py", "raise ImportError(\"No module named 'asyncpg'\", name='asyncpg')")
    project.write("conftest.py", "import sys; sys.modules.pop('asyncpg', None)")
    project.write("test_shop.py", "async def test_one(async_db_session):\n    await async_db_session.connection()\n")
    result = project.run("-p", "no:cacheprovider")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    pytest.LineMatcher(output.splitlines()).fnmatch_lines(["*asyncpg*not installed*", "*pip install*asyncpg*"])


def test_workers_report_a_broken_schema_in_each_test(project: Project) -> None:
    project.write("shop/models.py", "import nothing_like_this\n")
    project.write("test_shop.py", ONE_TEST)
    result = project.run("-n", "2")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*nothing_like_this*", "*fix: *"])
    assert "INTERNALERROR" not in result.stdout.str()


def test_a_failing_migration_is_reported_with_its_revision_and_not_cached(project: Project, server: Server) -> None:
    project.pytester.makefile(".toml", pyproject='[tool.greenshift]\nalembic = "alembic.ini"\nenv = ["DATABASE_URL"]\n')
    project.write("alembic.ini", "[alembic]\nscript_location = migrations\n")
    project.write(
        "migrations/env.py",
        """
        import asyncio, os
        from alembic import context
        from sqlalchemy.ext.asyncio import create_async_engine

        def run(connection):
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()

        async def main():
            engine = create_async_engine(os.environ["DATABASE_URL"])
            async with engine.connect() as connection:
                await connection.run_sync(run)
            await engine.dispose()

        asyncio.run(main())
        """,
    )
    migration = """
    from alembic import op
    revision = "{revision}"
    down_revision = {down}

    def upgrade():
        op.execute("{sql}")
    """
    project.write(
        "migrations/versions/1.py", migration.format(revision="aaa1", down=None, sql="create table a (b int)")
    )
    broken = migration.format(revision="bbb2", down="'aaa1'", sql="alter table nowhere add c int")
    project.write("migrations/versions/2.py", broken)
    test = "from sqlalchemy import text\ndef test_one(db_session):\n    db_session.execute(text('select c from a'))\n"
    project.write("test_shop.py", test)
    for _ in range(2):
        result = project.run()
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        output = result.stdout.str() + result.stderr.str()
        pytest.LineMatcher(output.splitlines()).fnmatch_lines(["*bbb2*nowhere*", "*fix: *"])
    project.write("migrations/versions/2.py", broken.replace("nowhere", "a"))
    project.run().assert_outcomes(passed=1)

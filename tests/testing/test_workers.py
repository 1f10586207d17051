"""What the application sees while it is imported, in every process of a run."""

from __future__ import annotations

import pytest
from testing.conftest import Project

TEST = """
from sqlalchemy import text

def test_one(db_session):
    assert db_session.scalar(text("select 1")) == 1
"""


def test_the_controller_imports_the_application_with_a_database_of_ours(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://anna@production.invalid/app")
    project.write(
        "conftest.py",
        """
        import os
        from shop.database import engine

        with open("urls.txt", "a") as file:
            file.write(str(engine.url) + "\\n")
        """,
    )
    project.check(TEST, "-n", "2", passed=1)
    urls = (project.pytester.path / "urls.txt").read_text().split()
    assert len(urls) == len(set(urls)) == 3
    assert all("/greenshift_" in url for url in urls)


def test_a_worker_refuses_what_the_environment_named_before_the_controller(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://anna@production.invalid/app")
    result = project.check(
        """
        from sqlalchemy import create_engine

        def test_copy():
            create_engine("postgresql+psycopg://anna@production.invalid/app").connect()
        """,
        "-n",
        "1",
        failed=1,
    )
    result.stdout.fnmatch_lines(["*a connection to production.invalid:5432/app was refused*"])


@pytest.mark.parametrize("option", ["--collect-only", "--fixtures", "--setup-plan"])
def test_the_application_can_be_imported_when_no_test_runs(project: Project, option: str) -> None:
    project.write("conftest.py", "from shop.database import engine\n")
    project.write("test_shop.py", TEST)
    result = project.run(option)
    assert result.ret == pytest.ExitCode.OK
    assert "KeyError" not in result.stdout.str() + result.stderr.str()


def test_an_application_that_connects_while_it_is_imported(project: Project) -> None:
    project.configure('driver = "psycopg"')
    project.write(
        "shop/tables.py",
        """
        import os
        from sqlalchemy import create_engine
        from shop.models import Base

        engine = create_engine(os.environ["DATABASE_URL"])
        Base.metadata.create_all(engine)
        """,
    )
    project.write("conftest.py", "from shop import tables\n")
    project.check(TEST, passed=1)
    project.check(TEST, "-n", "2", passed=1)

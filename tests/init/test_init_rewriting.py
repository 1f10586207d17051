"""``--from``: fixtures that are recognised become Greenshift's; the others stay as they are, and are told."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from greenshift.init.errors import InitError
from greenshift.init.planning import Plan, make_plan

PROJECTS = Path(__file__).parents[1] / "docs" / "projects"
SOURCES = {
    "from_postgresql": "pytest-postgresql",
    "from_sqla": "pytest-sqla",
    "from_testcontainers": "testcontainers",
    "from_conftest": "conftest",
}
HEAD = """\
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from app.database import get_db
from app.main import app
from app.models import Base
"""


def plan_of(folder: Path, conftest: str, source: str = "auto") -> tuple[Plan, str]:
    shutil.copytree(PROJECTS / "from_conftest", folder / "p")
    (folder / "p" / "tests" / "conftest.py").write_text(HEAD + textwrap.dedent(conftest))
    plan = make_plan(folder / "p", program=Path(sys.executable), source=source, with_test=False)
    new = {change.path: change.new for change in plan.changes.changes}
    text = new.get("tests/conftest.py")
    return plan, text.decode() if text is not None else ""


@pytest.mark.parametrize(("name", "source"), SOURCES.items())
def test_each_source_is_recognised_as_a_whole(tmp_path: Path, name: str, source: str) -> None:
    shutil.copytree(PROJECTS / name, tmp_path / "p")
    plan = make_plan(tmp_path / "p", program=Path(sys.executable), source=None, with_test=False)
    assert f"--from {source}`" in next(one.value for one in plan.findings.found if one.what == "until now")
    plan = make_plan(tmp_path / "p", program=Path(sys.executable), source="auto", with_test=False)
    assert plan.left == []
    new = {change.path: (change.new or b"").decode() for change in plan.changes.changes}
    for gone in (
        "create_engine",
        "dependency_overrides",
        "create_all",
        "testcontainers",
        "pytest_postgresql",
        "sqla_url",
    ):
        assert gone not in new["tests/conftest.py"], gone
    if source != "conftest":
        assert source not in new["pyproject.toml"]
        assert "greenshift[http]" in new["pyproject.toml"]


def test_what_else_a_fixture_does_keeps_it(tmp_path: Path) -> None:
    plan, text = plan_of(
        tmp_path,
        """
        import smtplib

        engine = create_engine("postgresql+psycopg://localhost/x")
        Maker = sessionmaker(engine)


        @pytest.fixture
        def session():
            Base.metadata.create_all(engine)
            server = smtplib.SMTP("localhost")
            with Maker() as session:
                yield session
            server.quit()
        """,
    )
    assert text == ""
    assert any("it does more than give a session" in one.reason for one in plan.left)
    assert all(one.place.startswith("tests/conftest.py:") for one in plan.left)
    assert any("nothing of the tests' fixtures" in question.problem for question in plan.findings.questions)


def test_a_client_whose_session_stays_is_left(tmp_path: Path) -> None:
    plan, text = plan_of(
        tmp_path,
        """
        import smtplib


        @pytest.fixture
        def engine():
            engine = create_engine("postgresql+psycopg://localhost/x")
            Base.metadata.create_all(engine)
            yield engine


        @pytest.fixture
        def own():
            smtplib.SMTP("localhost")
            engine = create_engine("postgresql+psycopg://localhost/x")
            with sessionmaker(engine)() as session:
                yield session


        @pytest.fixture
        def client(own):
            app.dependency_overrides[get_db] = lambda: own
            yield TestClient(app)
            app.dependency_overrides.clear()
        """,
    )
    assert "def engine(db_engine):" in text
    assert "app.dependency_overrides[get_db] = lambda: own" in text
    assert any("own, which stays the tests' own" in one.reason for one in plan.left)


def test_an_override_of_something_else_stays(tmp_path: Path) -> None:
    plan, text = plan_of(
        tmp_path,
        """
        from app.models import Author

        engine = create_engine("postgresql+psycopg://localhost/x")
        Maker = sessionmaker(engine)


        def author():
            return Author(name="Ada")


        @pytest.fixture
        def session():
            with Maker() as session:
                yield session


        @pytest.fixture
        def client(session):
            app.dependency_overrides[get_db] = lambda: session
            app.dependency_overrides[author] = lambda: Author(name="Berta")
            yield TestClient(app)
        """,
    )
    assert "app.dependency_overrides[author]" in text or text == ""
    assert any("give a client" in one.reason for one in plan.left)


def test_the_savepoint_machinery_goes(tmp_path: Path) -> None:
    plan, text = plan_of(
        tmp_path,
        """
        from sqlalchemy import event

        # The server of the team.
        engine = create_engine("postgresql+psycopg://localhost/x")
        Base.metadata.create_all(bind=engine)


        # A session for each test.
        @pytest.fixture()
        def session():
            connection = engine.connect()
            transaction = connection.begin()
            session = sessionmaker()(bind=connection)
            nested = connection.begin_nested()

            @event.listens_for(session, "after_transaction_end")
            def end_savepoint(session, transaction):
                nonlocal nested
                if not nested.is_active:
                    nested = connection.begin_nested()

            yield session
            session.close()
            transaction.rollback()
            connection.close()


        @pytest.fixture(scope="module")
        def client():
            app.dependency_overrides[get_db] = lambda: None
            yield TestClient(app)
            del app.dependency_overrides[get_db]
        """,
    )
    assert plan.left == []
    assert "# A session for each test.\n@pytest.fixture()\ndef session(db_session):\n    return db_session\n" in text
    assert "create_engine" not in text
    assert "event" not in text


def test_async_fixtures(tmp_path: Path) -> None:
    _, text = plan_of(
        tmp_path,
        """
        import pytest_asyncio
        from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
        from httpx import ASGITransport, AsyncClient


        @pytest_asyncio.fixture
        async def engine():
            engine = create_async_engine("postgresql+asyncpg://localhost/x")
            async with engine.begin() as connection:
                await connection.run_sync(Base.metadata.create_all)
            yield engine
            await engine.dispose()


        @pytest_asyncio.fixture
        async def client(engine):
            app.dependency_overrides[get_db] = lambda: None
            async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
                yield client
            app.dependency_overrides.clear()
        """,
    )
    assert "async def engine(async_db_engine):\n    return async_db_engine" in text
    assert "async def client(async_client):\n    return async_client" in text


def test_there_must_be_such_a_thing(tmp_path: Path) -> None:
    with pytest.raises(InitError) as raised:
        plan_of(tmp_path, "", "testcontainers")
    assert "the tests do not use it" in raised.value.problem
    shutil.rmtree(tmp_path / "p")
    with pytest.raises(InitError) as raised:
        plan_of(tmp_path, "", "docker")
    assert raised.value.fix.startswith("choose one of pytest-postgresql")

"""Mocks of sessions and of objects with async methods."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from flipping import flipped

from greenshift.shift.rewrite.stages import run_stage
from greenshift.shift.rewrite.tests.mocks import convert_mocks

SERVICES = (
    "from contextlib import contextmanager\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import Session\n"
    "from database import SessionLocal, create\n"
    "def get_db():\n    with SessionLocal() as db:\n        yield db\n"
    "@contextmanager\ndef open_db():\n    with SessionLocal() as db:\n        yield db\n"
    "class Users:\n    def __init__(self, db: Session):\n        self.db = db\n    def add(self, name):\n"
    "        create(self.db, name)\n    def all(self):\n        return self.db.scalars(select(1)).all()\n"
    "    def title(self):\n        return 'users'\n"
    "class Report:\n    def __init__(self, users: Users):\n        self.users = users\n"
    "    def text(self):\n        return self.users.title() + str(self.users.all())\n"
    "class Page:\n    def __init__(self, report: Report):\n        self.report = report\n"
    "    def text(self):\n        return self.report.text()\n"
)
HEAD = (
    "import pytest\nfrom unittest.mock import MagicMock, Mock, patch\n"
    "from services import Page, Report, Users, get_db\n"
    "from app import app\n"
)
SPEC = 'spec=AsyncSession, **{"scalars.return_value": MagicMock()}'


def after(test: str) -> str:
    """The test file without its imports."""
    texts = flipped(HEAD + test, convert_mocks, services=SERVICES, app="app = object()\n").texts
    lines = texts["test_it.py"].splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(("from ", "import ")))


SAMPLES = {
    "a session handed to a class": (
        "def test():\n    db = MagicMock()\n    Users(db).all()\n",
        f"async def test():\n    db = MagicMock({SPEC})\n    await Users(db).all()\n",
    ),
    "a session of a fixture": (
        "@pytest.fixture\ndef db():\n    return MagicMock(name='db')\ndef test(db):\n    Users(db=db).add(1)\n"
        "    db.add.assert_called_once()\n",
        f"@pytest.fixture\ndef db():\n    return MagicMock(name='db', {SPEC})\nasync def test(db):\n"
        "    await Users(db=db).add(1)\n    db.add.assert_called_once()\n",
    ),
    "a session that overrides a dependency": (
        "def test():\n    db = MagicMock()\n    app.dependency_overrides[get_db] = lambda: db\n",
        f"def test():\n    db = MagicMock({SPEC})\n    app.dependency_overrides[get_db] = lambda: db\n",
    ),
    "a session that is entered": (
        "def test(mocker):\n    db = MagicMock()\n    db.__enter__ = Mock(return_value=db)\n"
        "    db.__exit__.return_value = None\n    mocker.patch('services.SessionLocal', return_value=db)\n",
        f"def test(mocker):\n    db = MagicMock({SPEC})\n    db.__aenter__ = AsyncMock(return_value=db)\n"
        "    db.__aexit__.return_value = None\n    mocker.patch('services.SessionLocal', return_value=db)\n",
    ),
    "a session that a context manager of the application gives": (
        "def test():\n    db = MagicMock()\n    db.__enter__ = MagicMock(return_value=db)\n"
        "    with patch('services.open_db', return_value=db):\n        pass\n",
        f"def test():\n    db = MagicMock({SPEC})\n    db.__aenter__ = AsyncMock(return_value=db)\n"
        "    with patch('services.open_db', return_value=db):\n        pass\n",
    ),
    "a context manager that gives something else": (
        "def test():\n    opened = MagicMock()\n    opened.__enter__.return_value = 1\n"
        "    with patch('services.open_db', return_value=opened):\n        pass\n",
        "def test():\n    opened = MagicMock()\n    opened.__aenter__.return_value = 1\n"
        "    with patch('services.open_db', return_value=opened):\n        pass\n",
    ),
    "an object": (
        "def test():\n    users = Mock()\n    users.all.return_value = []\n    Report(users).text()\n",
        "async def test():\n    users = Mock(spec=Users)\n    users.all.return_value = []\n"
        "    await Report(users).text()\n",
    ),
    "an object with attributes of its own": (
        "def test():\n    users = Mock()\n    users.extra = 1\n    Report(users).text()\n",
        "async def test():\n    users = Mock(add=AsyncMock(), all=AsyncMock())\n    users.extra = 1\n"
        "    await Report(users).text()\n",
    ),
    "an object that a patched function returns": (
        "@patch('services.Users')\ndef test(cls):\n    users = Mock()\n    users.all.return_value = []\n"
        "    cls.return_value = users\n",
        "@patch('services.Users')\ndef test(cls):\n    users = Mock(spec=Users)\n    users.all.return_value = []\n"
        "    cls.return_value = users\n",
    ),
    "an object put on another mock, which says what it stands for": (
        "def test():\n    report = MagicMock(spec=Report)\n    report.users = MagicMock()\n    run(report)\n",
        "def test():\n    report = MagicMock(spec=Report)\n"
        "    report.users = MagicMock(add=AsyncMock(), all=AsyncMock())\n    run(report)\n",
    ),
    "an object put on another mock, handed in from the test's own attributes": (
        "class TestReport:\n    def setup_method(self):\n        self.report = Mock()\n"
        "        self.report.users = Mock()\n        self.page = Page(self.report)\n"
        "    def test(self):\n        self.page.text()\n",
        "class TestReport:\n    def setup_method(self):\n        self.report = Mock(text=AsyncMock())\n"
        "        self.report.users = Mock(add=AsyncMock(), all=AsyncMock())\n        self.page = Page(self.report)\n"
        "    async def test(self):\n        await self.page.text()\n",
    ),
    "something else": (
        "def test():\n    users = Mock()\n    print(users)\n",
        "def test():\n    users = Mock()\n    print(users)\n",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    before, wanted = SAMPLES[name]
    assert after(before) == wanted


def test_a_mock_of_query_chains_is_listed() -> None:
    test = "def test():\n    db = MagicMock()\n    db.query.return_value.all.return_value = []\n    Users(db).all()\n"
    result = flipped(HEAD + test, convert_mocks, services=SERVICES, app="app = object()\n")
    assert [(one.kind, one.place.line) for one in result.left if one.kind == "mock"] == [("mock", 6)]


def test_a_mock_of_a_query_that_stays_answers_for_the_sync_session() -> None:
    texts = {
        "services.py": (
            "from sqlalchemy.orm import Session\nclass Users:\n"
            "    def __init__(self, db: Session):\n        self.db = db\n"
            "    def all(self):\n        self.db.commit()\n        return self.db.query(int).all()\n"
        ),
        "test_it.py": (
            "from unittest.mock import MagicMock\nfrom services import Users\ndef test_all():\n    db = MagicMock()\n"
            "    db.query.return_value.all.return_value = [1]\n    assert Users(db).all() == [1]\n"
            "    db.commit.assert_called_once()\n"
        ),
    }
    result = run_stage("flip", texts)
    assert "await self.db.run_sync(lambda _: self.db.sync_session.query(int).all())" in result.texts["services.py"]
    spaces: dict[str, Any] = {}
    exec(result.texts["services.py"], spaces)
    test = result.texts["test_it.py"].replace("from services import Users\n", "")
    exec(test, spaces)
    asyncio.run(spaces["test_all"]())


def test_a_mock_that_is_entered_in_another_module_is_edited_there() -> None:
    texts = {
        "database.py": (
            "from sqlalchemy import create_engine, text\nfrom sqlalchemy.orm import Session, sessionmaker\n"
            "factory = sessionmaker(create_engine('sqlite://'))\n"
            "def count(session: Session):\n    return session.scalar(text('SELECT 1'))\n"
        ),
        "conftest.py": (
            "import pytest\nfrom unittest.mock import MagicMock\n"
            "@pytest.fixture\ndef session():\n    return MagicMock()\n"
        ),
        "test_it.py": (
            "from database import count\n"
            "def test_count(session):\n    session.__enter__.return_value = session\n    count(session)\n"
        ),
    }
    result = run_stage("flip", texts)
    assert "session.__aenter__.return_value = session" in result.texts["test_it.py"]

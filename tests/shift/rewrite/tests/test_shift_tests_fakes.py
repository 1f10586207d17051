"""Classes of the tests that play a session."""

from __future__ import annotations

import pytest
from flipping import flipped

from greenshift.shift.rewrite.tests.fakes import convert_fakes

JOBS = "from database import SessionLocal\ndef job():\n    with SessionLocal() as db:\n        db.commit()\n"
FAKE = (
    "class Fake:\n    def commit(self):\n        pass\n    def add(self, one):\n        pass\n"
    "    def __enter__(self):\n        return self\n    def __exit__(self, *error):\n        pass\n"
)
NEW = (
    "class Fake:\n    async def commit(self):\n        pass\n    def add(self, one):\n        pass\n"
    "    async def __aenter__(self):\n        return self\n    async def __aexit__(self, *error):\n        pass\n"
)
USES = {
    "instead of the factory": "def test(monkeypatch):\n    monkeypatch.setattr('jobs.SessionLocal', Fake)\n",
    "made by a lambda": "def test(monkeypatch):\n    monkeypatch.setattr('jobs.SessionLocal', lambda: Fake())\n",
    "handed in": "from database import create\nasync def test():\n    create(Fake(), 1)\n",
}


@pytest.mark.parametrize("name", USES)
def test_a_fake_session(name: str) -> None:
    text = flipped(FAKE + USES[name], convert_fakes, jobs=JOBS).texts["test_it.py"]
    assert text.startswith(NEW)


def test_instead_of_a_function_that_makes_sessions() -> None:
    jobs = "from database import SessionLocal\ndef make():\n    return SessionLocal()\n"
    test = "import jobs\ndef test(monkeypatch):\n    monkeypatch.setattr(jobs, 'make', Fake)\n"
    text = flipped(FAKE + test, convert_fakes, jobs=jobs).texts["test_it.py"]
    assert text.startswith(NEW)


def test_a_class_that_plays_nothing() -> None:
    text = flipped(FAKE + "def test():\n    Fake().commit()\n", convert_fakes, jobs=JOBS).texts["test_it.py"]
    assert text.startswith(FAKE)

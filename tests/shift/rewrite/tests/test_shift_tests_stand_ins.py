"""What stands in for an async function."""

from __future__ import annotations

import pytest
from flipping import flipped

from greenshift.shift.rewrite.tests.stand_ins import convert_stand_ins

SERVICES = (
    "from database import SessionLocal, create, pure\nclass Users:\n    def add(self, name):\n"
    "        create(SessionLocal(), name)\n    def count(self):\n        return 1\n"
    "def register(name):\n    Users().add(name)\n"
)
HEAD = "import services\nfrom services import Users\n"
MOCK = "from unittest.mock import MagicMock, Mock, patch\n"
ASYNC = "from unittest.mock import AsyncMock\n"


def after(test: str) -> str:
    """The test file without its imports."""
    text = flipped(HEAD + MOCK + test, convert_stand_ins, services=SERVICES).texts["test_it.py"]
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(("from ", "import ")))


SAMPLES = {
    "a path, mocked by the library": (
        "def test(mocker):\n    mocker.patch('services.register', return_value=1)\n",
        "def test(mocker):\n    mocker.patch('services.register', return_value=1)\n",
    ),
    "a path with a mock of its own": (
        "@patch('services.register', new=MagicMock(return_value=1))\ndef test():\n    pass\n",
        "@patch('services.register', new=AsyncMock(return_value=1))\ndef test():\n    pass\n",
    ),
    "a path with a class of mocks": (
        "@patch('services.register', new_callable=MagicMock)\ndef test(one):\n    pass\n",
        "@patch('services.register', new_callable=AsyncMock)\ndef test(one):\n    pass\n",
    ),
    "a name imported elsewhere": (
        "def test(monkeypatch):\n    monkeypatch.setattr('services.create', lambda db, name: name)\n",
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr('services.create', AsyncMock(side_effect=lambda db, name: name))\n",
    ),
    "a module's attribute": (
        "def test(monkeypatch):\n    monkeypatch.setattr(services, 'register', lambda name: None)\n",
        "def test(monkeypatch):\n"
        "    monkeypatch.setattr(services, 'register', AsyncMock(side_effect=lambda name: None))\n",
    ),
    "a method of a session, with the one that it had": (
        "from database import SessionLocal\ndef test(monkeypatch):\n    db = SessionLocal()\n    delete = db.delete\n"
        "    def refuse(item):\n        delete(item)\n    monkeypatch.setattr(db, 'delete', refuse)\n",
        "def test(monkeypatch):\n    db = SessionLocal()\n    delete = db.delete\n"
        "    async def refuse(item):\n        await delete(item)\n    monkeypatch.setattr(db, 'delete', refuse)\n",
    ),
    "a method of a session that sends nothing": (
        "from database import SessionLocal\ndef test(monkeypatch):\n    db = SessionLocal()\n"
        "    def refuse(item):\n        raise ValueError\n    monkeypatch.setattr(db, 'add', refuse)\n",
        "def test(monkeypatch):\n    db = SessionLocal()\n"
        "    def refuse(item):\n        raise ValueError\n    monkeypatch.setattr(db, 'add', refuse)\n",
    ),
    "a function that stays sync": (
        "def test(monkeypatch):\n    monkeypatch.setattr(services, 'pure', lambda name: None)\n",
        "def test(monkeypatch):\n    monkeypatch.setattr(services, 'pure', lambda name: None)\n",
    ),
    "a function of the test": (
        "def test(monkeypatch):\n    def fake(name):\n        return name\n"
        "    monkeypatch.setattr(services, 'register', fake)\n",
        "def test(monkeypatch):\n    async def fake(name):\n        return name\n"
        "    monkeypatch.setattr(services, 'register', fake)\n",
    ),
    "a function of the test that it calls itself": (
        "def test(monkeypatch):\n    def fake(name):\n        return name\n    fake(1)\n"
        "    monkeypatch.setattr(services, 'register', fake)\n",
        "def test(monkeypatch):\n    def fake(name):\n        return name\n    fake(1)\n"
        "    monkeypatch.setattr(services, 'register', AsyncMock(side_effect=fake))\n",
    ),
    "a mock made before": (
        "def test(monkeypatch):\n"
        "    fake = Mock(return_value=1)\n    monkeypatch.setattr(services, 'register', fake)\n",
        "def test(monkeypatch):\n"
        "    fake = AsyncMock(return_value=1)\n    monkeypatch.setattr(services, 'register', fake)\n",
    ),
    "a method of a class": (
        "def test(monkeypatch):\n    monkeypatch.setattr(Users, 'add', lambda self, name: name)\n",
        "def test(monkeypatch):\n    async def stand_in_5(self, name):\n        return name\n\n"
        "    monkeypatch.setattr(Users, 'add', stand_in_5)\n",
    ),
    "an object's method": (
        "def test():\n    users = Users()\n    users.add = MagicMock()\n    users.count = MagicMock()\n",
        "def test():\n    users = Users()\n    users.add = AsyncMock()\n    users.count = MagicMock()\n",
    ),
    "patch.object": (
        "def test():\n    with patch.object(Users, 'add', MagicMock()) as add:\n        pass\n",
        "def test():\n    with patch.object(Users, 'add', AsyncMock()) as add:\n        pass\n",
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    before, wanted = SAMPLES[name]
    assert after(before) == wanted

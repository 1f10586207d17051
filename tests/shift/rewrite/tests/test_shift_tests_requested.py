"""Fixtures asked for by name, and finalizers."""

from __future__ import annotations

from flipping import flipped

from greenshift.shift.rewrite.tests.requested import convert_requests

HEAD = "import pytest\nfrom database import SessionLocal, create\n"
FIXTURE = "@pytest.fixture\ndef user():\n    create(SessionLocal(), 1)\n    return 1\n"
NEW_FIXTURE = "@pytest.fixture\nasync def user():\n    await create(SessionLocal(), 1)\n    return 1\n"


def test_a_fixture_asked_for_by_name_becomes_a_parameter() -> None:
    test = (
        "def test_it(request):\n    user = request.getfixturevalue('user')\n    create(SessionLocal(), user)\n"
        "def test_other(request):\n    create(SessionLocal(), request.getfixturevalue('user'))\n"
        "def test_sync(request):\n    assert request.getfixturevalue('user')\n"
    )
    assert flipped(HEAD + FIXTURE + test, convert_requests).texts["test_it.py"] == HEAD + NEW_FIXTURE + (
        "async def test_it(request, user):\n    await create(SessionLocal(), user)\n"
        "async def test_other(request, user):\n    await create(SessionLocal(), user)\n"
        "def test_sync(request):\n    assert request.getfixturevalue('user')\n"
    )


def test_a_name_chosen_at_run_time_is_listed() -> None:
    test = "def test_it(request, name):\n    create(SessionLocal(), request.getfixturevalue(name))\n"
    result = flipped(HEAD + FIXTURE + test, convert_requests)
    assert [(one.kind, one.place.line) for one in result.left if one.kind == "fixture"] == [("fixture", 8)]


def test_finalizers_follow_a_yield_in_reverse_order() -> None:
    test = (
        "@pytest.fixture\ndef db(request):\n    db = SessionLocal()\n    def gone():\n        db.close()\n"
        "    request.addfinalizer(gone)\n    request.addfinalizer(db.rollback)\n"
        "    request.addfinalizer(lambda: print(1))\n"
        "    return db\n"
    )
    assert flipped(HEAD + test, convert_requests).texts["test_it.py"] == (
        HEAD + "@pytest.fixture\nasync def db(request):\n    db = SessionLocal()\n    async def gone():\n"
        "        await db.close()\n    yield db\n    print(1)\n    await db.rollback()\n    await gone()\n"
    )


def test_sync_finalizers_stay() -> None:
    test = HEAD + "@pytest.fixture\ndef one(request):\n    request.addfinalizer(lambda: print(1))\n    return create\n"
    assert flipped(test, convert_requests).texts["test_it.py"] == test


def test_a_finalizer_under_a_condition_is_run_in_the_loop() -> None:
    test = (
        "@pytest.fixture\ndef db(request):\n    db = SessionLocal()\n    if request.param:\n"
        "        request.addfinalizer(db.close)\n        request.addfinalizer(lambda: print(1))\n    return db\n"
    )
    loop = "lambda loop=asyncio.get_running_loop(): loop.run_until_complete"
    text = flipped(HEAD + test, convert_requests).texts["test_it.py"]
    assert text.partition("create\n")[2] == (
        "@pytest.fixture\nasync def db(request):\n    db = SessionLocal()\n    if request.param:\n"
        f"        request.addfinalizer({loop}(db.close()))\n        request.addfinalizer(lambda: print(1))\n"
        "    return db\n"
    )

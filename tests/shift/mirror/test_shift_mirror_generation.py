"""What a mirror of tests on SQLAlchemy holds: fixtures, helpers, tests, imports; and what is left out of it."""

from __future__ import annotations

import pytest
from mirror_samples import SHOP

from greenshift.shift.mirror.configuration import MirrorConfiguration
from greenshift.shift.mirror.conversion import convert
from greenshift.shift.mirror.generation import generate
from greenshift.shift.mirror.marks import AsyncioSettings
from greenshift.shift.mirror.merging import written_anew
from greenshift.shift.mirror.pieces import Generation
from greenshift.shift.mirror.reads import without_awaitable_attributes
from greenshift.shift.project import Source
from greenshift.shift.project.loading import is_test_file

FILE = "tests/test_shop.py"


def generated(
    tests: str | None = None, *, marks: bool = False, names: dict[str, str] | None = None, **more: str
) -> Generation:
    texts = {**SHOP, **{f"{name.replace('__', '/')}.py": text for name, text in more.items()}}
    texts[FILE] = SHOP[FILE] if tests is None else tests
    files = frozenset(file for file in texts if is_test_file(file))
    result = convert(texts, files, MirrorConfiguration(names or {}))
    return generate(FILE, texts, result, AsyncioSettings(is_auto=not marks, is_session=not marks))


def test_the_mirror_of_the_sample() -> None:
    made = generated()
    assert (made.left_out, made.tests) == ([], 5)
    assert [one.name for one in made.pieces] == [
        "async_db_session_factory",
        "make_post",
        "user",
        "NAMES",
        "session",
        "count",
        "test_async_crud",
        "test_async_own_session",
        "TestAsyncRelations",
        "TestAsyncRelations.post",
        "TestAsyncRelations.test_async_lazy",
        "TestAsyncRelations.test_async_duplicate",
        "test_async_application",
    ]
    text = written_anew(made, "test_shop.py")
    assert text.startswith('"""Users and posts."""\n\nimport pytest\nfrom sqlalchemy import func, select\n')
    assert "from factories" not in text
    assert "from sqlalchemy.ext.asyncio import AsyncSession\n" in text
    assert "from sqlalchemy.orm import" not in text
    assert "(await async_db_session.scalars(select(User).filter_by(name=" in text
    assert "# How many users there are.\n" in text


def test_marks_where_pytest_asyncio_wants_them() -> None:
    text = written_anew(generated(marks=True), "test_shop.py")
    assert "import pytest_asyncio\n" in text
    assert '    @pytest_asyncio.fixture(loop_scope="session")\n    async def post(' in text
    assert '@pytest.mark.asyncio(loop_scope="session")\n@pytest.mark.parametrize("name", NAMES)\nasync def' in text


@pytest.mark.parametrize(
    ("is_auto", "is_session", "uses_own", "marks"),
    [
        (True, True, False, "none"),
        (True, False, False, "session"),
        (False, False, False, "session"),
        # Async fixtures that are there already run where the settings say: the mirror's tests must run there too.
        (True, False, True, "none"),
        (False, False, True, "plain"),
    ],
)
def test_which_loop_the_marks_name(is_auto: bool, is_session: bool, uses_own: bool, marks: str) -> None:
    assert AsyncioSettings(is_auto, is_session).marks(uses_own=uses_own) == marks


def test_a_mirror_on_an_async_fixture_of_the_tests_runs_in_its_loop() -> None:
    conftest = "import pytest_asyncio\n\n\n@pytest_asyncio.fixture\nasync def ground():\n    yield 1\n"
    tests = "from shop.models import User\n\n\ndef test_it(ground, db_session):\n    db_session.get(User, ground)\n"
    text = written_anew(generated(tests, marks=True, tests__conftest=conftest), "test_shop.py")
    assert "@pytest.mark.asyncio\nasync def test_async_it(ground, async_db_session):" in text


def test_lazy_loading_of_what_the_application_loaded_is_explicit() -> None:
    text = written_anew(generated(), "test_shop.py")
    assert "found = await async_db_session.run_sync(lambda _: find_user(async_db_session.sync_session, " in text
    assert 'await async_db_session.refresh(found, ["posts"])' in text


def test_an_engine_of_the_application_needs_its_counterpart() -> None:
    database = (
        "from sqlalchemy import create_engine\nfrom sqlalchemy.ext.asyncio import create_async_engine\n"
        'engine = create_engine("postgresql:///x")\nasync_engine = create_async_engine("postgresql+asyncpg:///x")\n'
    )
    tests = (
        "import pytest\nfrom sqlalchemy.orm import Session\n\nfrom shop.db import engine\n"
        "from shop.models import User\n\n\n"
        "@pytest.fixture\ndef session():\n    with Session(engine) as session:\n        yield session\n\n\n"
        "def test_it(session):\n    session.get(User, 1)\n\n\n"
        "def test_other(db_session):\n    db_session.get(User, 1)\n"
    )
    made = generated(tests, shop__db=database)
    assert made.tests == 1
    assert [str(one) for one in made.left_out] == [
        "tests/test_shop.py:14: test_it is not mirrored: it needs session (tests/test_shop.py:10): `shop.db.engine` is "
        "sync: name its async counterpart in [tool.greenshift.mirror] names"
    ]
    assert "session" not in [one.name for one in made.pieces]
    made = generated(tests, names={"shop.db.engine": "shop.db.async_engine"}, shop__db=database)
    assert (made.left_out, made.tests) == ([], 2)
    text = written_anew(made, "test_shop.py")
    assert "from shop.db import async_engine\n" in text
    assert "async with AsyncSession(async_engine, expire_on_commit=False) as session:" in text


def test_a_test_of_the_application_behind_a_client_is_left_out() -> None:
    main = (
        "from fastapi import Depends, FastAPI\nfrom sqlalchemy.orm import Session\n\napp = FastAPI()\n\n\n"
        "def get_db() -> Session: ...\n\n\n@app.get('/')\ndef index(db: Session = Depends(get_db)):\n"
        "    return db.execute('x')\n"
    )
    tests = (
        "import pytest\nfrom fastapi.testclient import TestClient\n\nfrom shop.main import app, get_db\n"
        "from shop.models import User\n\n\n@pytest.fixture\ndef client(db_session):\n"
        "    app.dependency_overrides[get_db] = lambda: db_session\n    with TestClient(app) as client:\n"
        "        yield client\n\n\ndef test_it(client, db_session):\n    db_session.get(User, 1)\n"
        "    client.get('/')\n\n\n"
        "def test_other(db_session):\n    db_session.get(User, 1)\n"
    )
    made = generated(tests, shop__main=main)
    assert (made.tests, [one.name for one in made.left_out]) == (1, ["test_it"])
    assert "the application, which is sync" in made.left_out[0].reason


def test_a_conftest_s_fixture_that_only_sets_up_stays_where_it_is() -> None:
    database = 'from sqlalchemy import create_engine\nengine = create_engine("postgresql:///x")\n'
    conftest = (
        "import pytest\n\nfrom shop.db import engine\nfrom shop.models import Base\n\n\n"
        "@pytest.fixture\ndef tables():\n"
        "    Base.metadata.create_all(engine)\n    yield\n    Base.metadata.drop_all(engine)\n"
    )
    tests = "from shop.models import User\n\n\ndef test_it(tables, db_session):\n    db_session.get(User, 1)\n"
    made = generated(tests, shop__db=database, tests__conftest=conftest)
    assert (made.left_out, [one.name for one in made.pieces]) == ([], ["async_db_session_factory", "test_async_it"])


def test_own_fixtures_of_the_plugin_s_names_keep_them() -> None:
    tests = (
        "import pytest\nfrom sqlalchemy import create_engine\nfrom sqlalchemy.orm import Session\n\n"
        "from shop.models import User\n\n\n@pytest.fixture\ndef db_session():\n"
        '    with Session(create_engine("postgresql+psycopg:///x")) as session:\n        yield session\n\n\n'
        "def test_it(db_session):\n    db_session.get(User, 1)\n"
    )
    text = written_anew(generated(tests), "test_shop.py")
    assert "async def test_async_it(db_session):" in text
    assert "async_db_session" not in text


def test_tests_that_are_async_already_have_no_mirror() -> None:
    tests = (
        "from shop.models import User\n\n\nasync def test_old(async_db_session):\n    pass\n\n\n"
        "def test_it(db_session):\n    db_session.get(User, 1)\n"
    )
    assert [one.name for one in generated(tests).pieces] == ["async_db_session_factory", "test_async_it"]


def test_what_keeps_a_session_in_the_application_is_left_out() -> None:
    service = (
        "from sqlalchemy.orm import Session\n\nfrom shop.models import User\n\n\nclass Service:\n"
        "    def __init__(self, db: Session):\n        self.db = db\n\n    def get(self):\n"
        "        return self.db.get(User, 1)\n"
    )
    tests = (
        "from shop.models import User\nfrom shop.service import Service\n\n\ndef test_it(db_session):\n"
        "    assert Service(db_session).get() is None\n\n\ndef test_other(db_session):\n    db_session.get(User, 1)\n"
    )
    made = generated(tests, shop__service=service)
    assert (made.tests, [(one.line, one.name) for one in made.left_out]) == (1, [(6, "test_it")])
    assert "`Service` of the application keeps the session" in made.left_out[0].reason


@pytest.mark.parametrize(
    ("read", "explicit"),
    [
        ("await post.awaitable_attrs.user", 'await greenlet_spawn(getattr, post, "user")'),
        ("(await (await f(1)).awaitable_attrs.user).id", '(await greenlet_spawn(getattr, (await f(1)), "user")).id'),
    ],
)
def test_lazy_loads_need_no_mixin_of_the_models(read: str, explicit: str) -> None:
    source = Source("test_it.py", f"import pytest\n\n\nasync def test_it(post, f):\n    {read}\n")
    assert without_awaitable_attributes(source).text == (
        f"import pytest\nfrom sqlalchemy.util import greenlet_spawn\n\n\nasync def test_it(post, f):\n    {explicit}\n"
    )


def test_a_test_that_replaces_the_application_s_session_is_left_out() -> None:
    start = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session\n\n\ndef init(engine):\n"
        "    with Session(engine) as session:\n        session.execute(select(1))\n"
    )
    tests = (
        "from unittest.mock import MagicMock, patch\n\nfrom shop.models import User\nfrom shop.start import init\n\n\n"
        "def test_it():\n    with patch('shop.start.Session', return_value=MagicMock()):\n        init(None)\n\n\n"
        "def test_other(db_session):\n    db_session.get(User, 1)\n"
    )
    made = generated(tests, shop__start=start)
    assert (made.tests, [one.name for one in made.left_out]) == (1, ["test_it"])
    assert "replaces by name what the application uses" in made.left_out[0].reason


def test_a_fixture_may_be_called_like_a_test() -> None:
    conftest = (
        "import pytest\n\nfrom shop.models import User\n\n\n@pytest.fixture\ndef test_user(db_session):\n"
        "    return db_session.get(User, 1)\n"
    )
    made = generated("def test_it(test_user):\n    assert test_user.posts == []\n", tests__conftest=conftest)
    assert [one.name for one in made.pieces] == ["async_db_session_factory", "test_user", "test_async_it"]
    assert made.pieces[-1].text.startswith("def test_async_it(test_user):")

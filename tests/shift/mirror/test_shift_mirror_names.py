"""What is called what in a mirror."""

from __future__ import annotations

import pytest

from greenshift.errors import ConfigurationError
from greenshift.shift.mirror.configuration import read_mirror
from greenshift.shift.mirror.mapped_names import with_mapped_names
from greenshift.shift.mirror.naming import mirror_file_name, mirror_name
from greenshift.shift.project import Source


@pytest.mark.parametrize(
    ("file", "mirror"),
    [
        ("tests/test_postgres.py", "tests/test_async_postgres.py"),
        ("postgres_test.py", "async_postgres_test.py"),
    ],
)
def test_files(file: str, mirror: str) -> None:
    assert mirror_file_name(file) == mirror


@pytest.mark.parametrize(
    ("name", "mirror"), [("test_crud", "test_async_crud"), ("TestUsers", "TestAsyncUsers"), ("test", "test_async")]
)
def test_tests(name: str, mirror: str) -> None:
    assert mirror_name(name) == mirror


def mapped(text: str, **names: str) -> str:
    given = {old.replace("__", "."): new for old, new in names.items()}
    return with_mapped_names(Source("test_it.py", text), given).text


def test_an_imported_name_is_imported_from_where_its_counterpart_is() -> None:
    text = "from app.models import Post, User\n\nUser(Post)\n"
    assert mapped(text, app__models__User="app.async_models.AsyncUser") == (
        "from app.async_models import AsyncUser\nfrom app.models import Post\n\nAsyncUser(Post)\n"
    )


def test_a_module_and_plain_names() -> None:
    text = "from app.models import Post, User\n\nUser(Post)\n"
    assert mapped(text, app__models="app.async_models", User="AsyncUser") == (
        "from app.async_models import AsyncUser, Post\n\nAsyncUser(Post)\n"
    )


def test_a_name_of_its_own_stays() -> None:
    text = "from app.db import engine as e\n\ne.connect()\n"
    assert mapped(text, app__db__engine="app.db.async_engine") == (
        "from app.db import async_engine as e\n\ne.connect()\n"
    )


def test_classes_and_what_they_name_in_strings() -> None:
    text = (
        'class User(Base):\n    posts = Lazy["list[User]"]("User")\n    text = "a User who writes"\n\n\nUser.get(1)\n'
    )
    assert mapped(text, User="AsyncUser") == (
        'class AsyncUser(Base):\n    posts = Lazy["list[AsyncUser]"]("AsyncUser")\n    text = "a User who writes"\n\n\n'
        "AsyncUser.get(1)\n"
    )


def test_attributes_of_the_name_stay() -> None:
    assert mapped("self.User = x.User\n", User="AsyncUser") == "self.User = x.User\n"


def test_fixtures_that_have_a_counterpart() -> None:
    text = (
        "@pytest.mark.usefixtures('database')\ndef test_it(database):\n    database.get()\n\n\n"
        "def helper(database):\n    pass\n"
    )
    assert mapped(text, database="async_database") == (
        '@pytest.mark.usefixtures("async_database")\ndef test_it(async_database):\n    async_database.get()\n\n\n'
        "def helper(database):\n    pass\n"
    )
    conftest = "@pytest.fixture\ndef database():\n    pass\n\n\n@pytest.fixture\ndef async_database():\n    pass\n"
    assert mapped(conftest, database="async_database") == conftest


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"name": {}}, "unknown key 'name'"),
        ({"names": []}, "is not a table"),
        ({"names": {"User": 1}}, "no pair of dotted names"),
        ({"names": {"User": "Async User"}}, "no pair of dotted names"),
        ({"awaited": [1]}, "no list of classes"),
    ],
)
def test_what_is_written_wrongly_is_said(table: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_mirror(table)

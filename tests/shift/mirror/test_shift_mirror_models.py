"""Models with sync and async methods of the same names: what is awaited, and what is listed."""

from __future__ import annotations

import pytest
from mirror_samples import NAMES, RECORD_MODELS, RECORDS

from greenshift.shift.mirror.configuration import MirrorConfiguration
from greenshift.shift.mirror.conversion import Converted, convert

FILE = "test_it.py"


def converted(body: str) -> Converted:
    texts = {"records.py": RECORDS, FILE: RECORD_MODELS + body}
    return convert(texts, frozenset({FILE}), MirrorConfiguration(NAMES, frozenset({"LazyAttribute"})))


def body_of(body: str) -> str:
    result = converted(body)
    assert not result.refusals
    return result.texts[FILE][result.texts[FILE].index("def test") - len("async ") :]


def test_models_in_the_module_get_the_async_base() -> None:
    text = converted("def test_it():\n    User.get(1)\n").texts[FILE]
    assert "from records import AsyncDBModel, LazyAttribute, async_transaction" in text
    assert 'class AsyncPost(AsyncDBModel):\n    user = LazyAttribute("AsyncUser", foreign_key="user_id")' in text


@pytest.mark.parametrize(
    ("sync", "asynchronous"),
    [
        ("User.get(1)", "await AsyncUser.get(1)"),
        ("assert User.get(1).posts == []", "assert await (await AsyncUser.get(1)).posts == []"),
        ("assert User.list()[0].posts", "assert await (await AsyncUser.list())[0].posts"),
        ("user = User().insert()\n    user.insert()", "user = await AsyncUser().insert()\n    await user.insert()"),
        ("all(one.user for one in Post.list())", "all([await one.user for one in await AsyncPost.list()])"),
        ("for one in Post.list():\n        one.user.posts",
         "for one in await AsyncPost.list():\n        await (await one.user).posts"),
        ("with transaction():\n        User.get(1)", "async with async_transaction():\n        await AsyncUser.get(1)"),
        ('data = User().to_json_dict()\n    data.get("id")',
         'data = await AsyncUser().to_json_dict()\n    data.get("id")'),
    ],
)  # fmt: skip
def test_what_is_awaited(sync: str, asynchronous: str) -> None:
    assert body_of(f"def test_it():\n    {sync}\n") == f"async def test_it():\n    {asynchronous}\n"


def test_helpers_and_fixtures_are_followed() -> None:
    text = converted(
        "import pytest\n\n\ndef new():\n    return User().insert()\n\n\n@pytest.fixture\ndef post():\n    new()\n"
        "    return Post().insert()\n\n\ndef test_it(post):\n    assert post.user\n    first(new())\n\n\n"
        "def first(user):\n    return user.posts[0]\n"
    ).texts[FILE]
    assert "async def new():\n    return await AsyncUser().insert()" in text
    assert "async def post():\n    await new()" in text
    assert "async def test_it(post):\n    assert await post.user\n    await first(await new())" in text
    assert "async def first(user):\n    return (await user.posts)[0]" in text


def test_a_class_that_is_handed_in_is_known() -> None:
    text = converted("def find(x):\n    return x.get(1)\n\n\ndef test_it():\n    assert find(User).posts\n").texts[FILE]
    assert "async def find(x):\n    return await x.get(1)" in text
    assert "    assert await (await find(AsyncUser)).posts" in text


def test_an_item_of_a_with_statement_that_stays_sync() -> None:
    assert body_of("def test_it(x):\n    with open(x), transaction():\n        pass\n") == (
        "async def test_it(x):\n    with open(x):\n        async with async_transaction():\n            pass\n"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("def test_it():\n    list(map(User.get, [1]))\n", "`AsyncUser.get` is async, and handed on"),
        ("def test_it():\n    sorted([], key=lambda one: User.get(1))\n", "a lambda cannot await"),
        (
            "def find(x):\n    return x.get(1)\n\n\ndef test_it(request):\n    find(request.param)\n",
            "what `x` is cannot be told",
        ),
        ("USERS = User.list()\n", "while the module is imported"),
    ],
)
def test_what_cannot_be_said_is_listed(body: str, reason: str) -> None:
    refusals = converted(body + "\n\ndef test_other():\n    User.get(1)\n").refusals[FILE]
    assert any(reason in one.reason for one in refusals)

"""Broken asynchronous applications are healed by what their failures say, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json

import pytest
from shift.heal.broken_shop import Shop

from greenshift.patch import history, rollback
from greenshift.postgres import Server
from greenshift.shift.heal import Healed, heal
from greenshift.shift.heal.errors import HealError

pytestmark = pytest.mark.usefixtures("looked_at")

LAZY = """
    async def buyer(session, number):
        order = (await session.scalars(select(Order).where(Order.id == number))).one()
        return order.customer.name
"""
LAZY_TEST = """
    async def test_buyer(session):
        from shop.service import buyer
        assert await buyer(session, 1) == "Ada"
"""


def healed(shop: Shop, **options: object) -> Healed:
    lines: list[str] = []
    result = heal(shop.root, progress=lines.append, **options)  # type: ignore[arg-type]
    print("\n".join(lines))
    json.dumps(result.as_dict())
    return result


def check_healed(shop: Shop, result: Healed, *tests: str) -> None:
    """All is green; and a rollback gives back every byte."""
    assert result.green, result
    assert result.healed == tests
    assert result.left == ()
    assert [one.label for one in history(shop.root)] == ["heal"]
    assert history(shop.root)[0].id == result.change


@pytest.mark.parametrize("place", ["shop", "postgresql_shop"])
def test_a_missing_eager_load(place: str, request: pytest.FixtureRequest) -> None:
    shop = request.getfixturevalue(place)
    shop.add(LAZY, LAZY_TEST)
    before = shop.files()
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_buyer")
    assert "Order.customer" in shop.text("shop/service.py")
    first = result.edits[0]
    assert (first.file, first.kind, first.tests) == (
        "shop/service.py",
        "lazy relationship",
        ("test_shop.py::test_buyer",),
    )
    rollback(shop.root)
    assert shop.files() == before


@pytest.mark.parametrize("place", ["shop", "postgresql_shop"])
def test_an_attribute_that_a_commit_expired(place: str, request: pytest.FixtureRequest) -> None:
    shop = request.getfixturevalue(place)
    shop.write("shop/database.py", shop.text("shop/database.py").replace(", expire_on_commit=False", ""))
    shop.add(
        """
        async def rename(session, name):
            customer = await session.get(Customer, 1)
            customer.name = name
            await session.commit()
            return customer.name
        """,
        """
        async def test_rename(session):
            from shop.service import rename
            assert await rename(session, "Bob") == "Bob"
        """,
    )
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_rename")
    assert "expire_on_commit=False" in shop.text("shop/database.py") or "refresh" in shop.text("shop/service.py")


@pytest.mark.parametrize("place", ["shop", "postgresql_shop"])
def test_a_missing_await(place: str, request: pytest.FixtureRequest) -> None:
    shop = request.getfixturevalue(place)
    shop.add(
        """
        async def name_of(session, number):
            customer = session.get(Customer, number)
            return customer.name
        """,
        """
        async def test_name(session):
            from shop.service import name_of
            assert await name_of(session, 1) == "Ada"
        """,
    )
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_name")
    assert "await session.get(Customer, number)" in shop.text("shop/service.py")


def test_a_coroutine_that_is_dropped_while_its_test_passes(shop: Shop) -> None:
    shop.add(
        """
        async def touch(session):
            session.flush()
            return "done"
        """,
        """
        async def test_touch(session):
            from shop.service import touch
            assert await touch(session) == "done"
        """,
    )
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_touch")
    assert "    await session.flush()\n" in shop.text("shop/service.py")


def test_one_failure_behind_another(shop: Shop) -> None:
    """Each run shows only the first; both are mended, though the tests still fail after the first edit."""
    shop.add(
        """
        async def buyer_of_all(session):
            order = (await session.scalars(select(Order))).one()
            first = order.customer.name
            other = (await session.scalars(select(Customer).execution_options(populate_existing=True))).one()
            return first, [one.item for one in other.orders]
        """,
        """
        async def test_both(session):
            from shop.service import buyer_of_all
            assert await buyer_of_all(session) == ("Ada", ["lamp"])
        """,
    )
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_both")
    assert result.rounds >= 2


def test_many_tests_of_one_cause_are_one_edit(shop: Shop) -> None:
    shop.add(LAZY, LAZY_TEST + LAZY_TEST.replace("test_buyer", "test_again"))
    result = healed(shop)
    check_healed(shop, result, "test_shop.py::test_again", "test_shop.py::test_buyer")
    assert result.rounds == 1
    assert set(result.edits[0].tests) == set(result.healed)


def test_what_cannot_be_healed_is_left_as_it_is(shop: Shop) -> None:
    shop.add(
        """
        async def wrong(session):
            return 1
        """,
        """
        async def test_wrong(session):
            from shop.service import wrong
            assert await wrong(session) == 2
        """,
    )
    before = shop.files()
    result = healed(shop)
    assert not result.green
    assert (result.rounds, result.edits, result.undone, result.change) == (0, (), (), None)
    [left] = result.left
    assert (left.test, left.reason) == ("test_shop.py::test_wrong", "the catalogue of errors has no such entry")
    assert "assert" in left.message
    assert shop.files() == before
    assert history(shop.root) == []


def test_what_can_be_healed_is_healed_beside_what_cannot(shop: Shop) -> None:
    shop.add(LAZY, LAZY_TEST + "\n    async def test_wrong():\n        assert 1 == 2\n")
    result = healed(shop)
    assert not result.green
    assert result.healed == ("test_shop.py::test_buyer",)
    assert [one.test for one in result.left] == ["test_shop.py::test_wrong"]
    assert result.change is not None


def test_an_assertion_is_never_edited(shop: Shop) -> None:
    """The missing await stands in the assert statement itself."""
    shop.add(
        "",
        """
        async def test_count(session):
            assert len(items(session)) == 1
        """,
    )
    before = shop.files()
    result = healed(shop)
    assert not result.green
    assert shop.files() == before
    assert [one.reason for one in result.left] == ["it would change an assertion of a test"]
    assert result.left[0].explanations[0].edits


def test_a_coroutine_of_a_failed_test_is_not_laid_on_the_next(shop: Shop) -> None:
    shop.add(
        "",
        """
        async def test_held(session):
            assert items(session) == ["lamp"]

        async def test_next(session):
            import gc
            gc.collect()
        """,
    )
    result = healed(shop)
    assert [one.test for one in result.left] == ["test_shop.py::test_held"]
    assert "items()" in result.left[0].explanations[0].headline


def test_a_call_in_a_fixture_is_edited(shop: Shop) -> None:
    shop.write(
        "conftest.py",
        shop.text("conftest.py").replace("        yield session\n", "        session.flush()\n        yield session\n"),
    )
    result = healed(shop)
    assert result.green
    assert "        await session.flush()\n        yield session\n" in shop.text("conftest.py")


def test_an_edit_that_does_not_help_is_undone_and_not_tried_again(shop: Shop) -> None:
    """The test wants the wrong name: with the eager load it fails still, only later."""
    shop.add(LAZY, LAZY_TEST.replace('"Ada"', '"Bob"'))
    before = shop.files()
    result = healed(shop)
    assert not result.green
    assert shop.files() == before
    assert result.edits == ()
    assert {one.reason for one in result.undone} == {"the tests fail in another way with it"}
    assert history(shop.root) == []
    assert result.rounds == 1


def test_an_edit_that_breaks_another_test_is_undone(shop: Shop) -> None:
    shop.add(
        LAZY,
        LAZY_TEST
        + """
    def test_the_source():
        import inspect
        from shop import service
        assert "options" not in inspect.getsource(service.buyer)
    """,
    )
    before = shop.files()
    result = healed(shop)
    assert shop.files() == before
    assert {one.reason for one in result.undone} == {"1 other test failed with it"}
    assert [one.test for one in result.left] == ["test_shop.py::test_buyer"]


def test_the_limit_of_rounds(shop: Shop) -> None:
    shop.add(
        """
        async def three(session):
            session.flush()
            order = (await session.scalars(select(Order))).one()
            name = order.customer.name
            return session.get(Customer, 1).name
        """,
        """
        async def test_three(session):
            from shop.service import three
            assert await three(session) == "Ada"
        """,
    )
    before = shop.files()
    result = healed(shop, limit=1)
    assert not result.green
    assert shop.files() == before
    assert healed(shop).green


def test_a_green_application_is_left_alone(shop: Shop) -> None:
    before = shop.files()
    result = healed(shop)
    assert result.green
    assert (result.rounds, result.healed, result.passed) == (0, (), 1)
    assert shop.files() == before


def test_tests_that_cannot_be_run(shop: Shop) -> None:
    shop.write("conftest.py", "import nowhere\n")
    with pytest.raises(HealError, match=r"the tests could not be run: .*nowhere"):
        heal(shop.root)
    with pytest.raises(HealError, match="is no folder"):
        heal(shop.root / "nowhere")


def test_no_tests(shop: Shop) -> None:
    (shop.root / "test_shop.py").unlink()
    with pytest.raises(HealError, match="there are no tests"):
        heal(shop.root)


def test_a_run_that_hangs_is_ended(shop: Shop) -> None:
    shop.add("", "def test_hangs():\n    import time\n    time.sleep(60)\n")
    with pytest.raises(HealError, match="they did not end within"):
        heal(shop.root, timeout=4)


def test_an_application_whose_url_comes_from_the_environment_gets_a_database(
    shop: Shop, heal_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_DATABASE_URL")
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", heal_server.url())
    text = shop.text("shop/database.py").replace("SHOP_DATABASE_URL", "DATABASE_URL")
    shop.write("shop/database.py", text + "\nassert engine.dialect.name == 'postgresql'\n")
    shop.add(LAZY, LAZY_TEST)
    check_healed(shop, healed(shop), "test_shop.py::test_buyer")

"""The sessions of the fixtures are made as the application makes its own."""

from __future__ import annotations

from testing.conftest import Project

EXPIRES = """
    import pytest
    from shop.models import Customer
    from sqlalchemy.exc import MissingGreenlet

    async def test_the_attribute_is_expired(async_db_session):
        customer = Customer(name="Ada")
        async_db_session.add(customer)
        await async_db_session.commit()
        with pytest.raises(MissingGreenlet):
            customer.name
"""
STAYS = """
    from shop.models import Customer

    async def test_the_attribute_stays(async_db_session):
        customer = Customer(name="Ada")
        async_db_session.add(customer)
        await async_db_session.commit()
        assert customer.name == "Ada"
"""


def test_expire_on_commit_is_off_where_the_application_has_it_off(project: Project) -> None:
    project.check(STAYS, passed=1)


def test_expire_on_commit_is_on_where_the_application_leaves_it_on(project: Project) -> None:
    path = project.pytester.path / "shop" / "database.py"
    path.write_text(path.read_text().replace(", expire_on_commit=False", ""))
    project.check(EXPIRES, passed=1)


def test_a_factory_in_a_conftest_says_nothing_of_the_application(project: Project) -> None:
    path = project.pytester.path / "shop" / "database.py"
    path.write_text(path.read_text().replace(", expire_on_commit=False", ""))
    project.write(
        "conftest.py",
        """
        from shop.database import engine
        from sqlalchemy.ext.asyncio import async_sessionmaker

        TestSession = async_sessionmaker(engine, expire_on_commit=False)
        """,
    )
    project.check(EXPIRES, passed=1)


def test_factories_that_differ_are_named_and_none_is_followed(project: Project) -> None:
    project.write("shop/other.py", "from shop.database import async_sessionmaker\n\nOther = async_sessionmaker()\n")
    path = project.pytester.path / "shop" / "main.py"
    path.write_text(path.read_text() + "\nimport shop.other\n")
    result = project.check(EXPIRES, passed=1)
    result.stdout.fnmatch_lines(["*session factories differ (shop.database:Session, shop.other:Other)*"])


def test_the_configured_factory_decides_between_several(project: Project) -> None:
    project.configure('session = "shop.database:Session"')
    project.write("shop/other.py", "from shop.database import async_sessionmaker\n\nOther = async_sessionmaker()\n")
    path = project.pytester.path / "shop" / "main.py"
    path.write_text(path.read_text() + "\nimport shop.other\n")
    project.check(STAYS, passed=1)


def test_a_configured_factory_that_is_none_is_said_with_its_fix(project: Project) -> None:
    project.configure('session = "shop.models:Customer"')
    result = project.check(STAYS, errors=1)
    result.stdout.fnmatch_lines(["*session = 'shop.models:Customer' in [[]tool.greenshift] is no session factory*"])


def test_the_session_class_and_its_listeners_are_followed(project: Project) -> None:
    project.write(
        "shop/sync.py",
        """
        from sqlalchemy import event
        from sqlalchemy.orm import Session, scoped_session, sessionmaker

        class ShopSession(Session):
            def greet(self):
                return "hello"

        factory = sessionmaker(class_=ShopSession, autoflush=False)
        Scoped = scoped_session(factory)
        flushed = []
        event.listen(factory, "after_flush", lambda session, context: flushed.append(session))
        """,
    )
    project.check(
        """
        import shop.sync
        from shop.models import Customer

        def test_class(db_session):
            assert db_session.greet() == "hello"
            assert db_session.autoflush is False
            db_session.add(Customer(name="Ada"))
            db_session.commit()
            assert shop.sync.flushed == [db_session]
        """,
        passed=1,
    )

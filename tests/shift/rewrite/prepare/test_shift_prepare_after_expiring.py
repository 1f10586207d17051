"""What was expired on purpose is refreshed before it is read."""

from __future__ import annotations

import textwrap

import pytest
from prepare_samples import HEAD, MODELS, changes

from greenshift.shift.rewrite.prepare.after_expiring import refresh_after_expiring
from greenshift.shift.rewrite.stages import run_stage


def prepared(code: str) -> str:
    """Return the lines that a test module gets; a second run changes nothing."""
    code = HEAD + textwrap.dedent(code)
    texts = {"app/__init__.py": "", "app/models.py": MODELS, "tests/test_users.py": code}
    result = run_stage("prepare", texts, fixers=[refresh_after_expiring])
    assert run_stage("prepare", result.texts, fixers=[refresh_after_expiring]).changed == []
    return changes(code, result.texts["tests/test_users.py"])


def test_every_instance_that_is_read_is_refreshed_behind_the_last_change() -> None:
    assert (
        prepared("""
        def change(user: User):
            ...

        def test_users(session: Session, user: User, other: User, third: User):
            session.expire_all()
            change(third)
            assert user.name == "a"
            assert other.name == "b" and user.id == 1
            assert session.scalars(select(User)).all() == [third]
        """)
        == "+    session.refresh(third)\n+    session.refresh(other)\n+    session.refresh(user)"
    )


def test_only_the_instance_that_was_expired() -> None:
    assert (
        prepared("""
        def test_users(session: Session, user: User, other: User):
            session.expire(user)
            assert user.name == other.name
        """)
        == "+    session.refresh(user)"
    )


@pytest.mark.parametrize(
    "rest",
    [
        "user = session.scalars(select(User)).one()\n    assert user.name",
        "session.refresh(user)\n    assert user.name",
        "assert user in session.scalars(select(User)).all()",
        "assert user.items == []",
        "user.name = 'b'",
    ],
)
def test_nothing_is_read_or_it_is_loaded_anyway(rest: str) -> None:
    assert prepared(f"def test_users(session: Session, user: User):\n    session.expire_all()\n    {rest}\n") == ""


def test_what_a_plain_factory_makes() -> None:
    assert (
        prepared("""
        import factory

        class UserFactory(factory.Factory):
            class Meta:
                model = User

        def test_users(session: Session):
            user = UserFactory()
            session.add(user)
            session.commit()
            session.expire_all()
            assert user.name
        """)
        == "+    session.refresh(user)"
    )


def test_what_is_read_to_bind_the_name_anew() -> None:
    assert (
        prepared("""
        def test_users(session: Session, user: User):
            session.expire_all()
            user = session.get(User, user.id)
        """)
        == "+    session.refresh(user)"
    )


def test_a_proxy_may_stand_for_another_session_by_then() -> None:
    assert prepared("""
        class Local:
            def __getattr__(self, name):
                return getattr(make(), name)
        def make() -> Session:
            ...
        db = Local()
        def test_users(user: User):
            db.expire_all()
            assert user.name
        """).endswith("+    if (owner := object_session(user)) is not None:\n+        owner.refresh(user)")

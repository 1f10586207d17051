"""What expiry reloaded after a commit or a rollback is refreshed instead."""

from __future__ import annotations

import pytest
from prepare_samples import service


def refreshes(code: str) -> list[str]:
    changed, _, _ = service(code)
    return [line[1:].strip() for line in changed.splitlines() if line.startswith("+")]


def test_a_computed_column_is_read_after_the_commit() -> None:
    assert refreshes("""
        def rename(session: Session, key: int):
            item = session.scalars(select(Item).where(Item.id == key)).one()
            item.title = "b"
            session.commit()
            return item.changed
    """) == ["session.refresh(item)"]


def test_plain_columns_stay_what_they_were() -> None:
    assert (
        refreshes("""
        def rename(session: Session, key: int):
            user = session.scalars(select(User).where(User.id == key)).one()
            user.name = "b"
            session.commit()
            return user
    """)
        == []
    )


@pytest.mark.parametrize(
    "end",
    ["return item.id", "return None", "session.refresh(item)\n    return item", "item = Item()\n    return item"],
)
def test_nothing_is_read_or_all_is_refreshed(end: str) -> None:
    code = (
        "def rename(session: Session):\n    item = session.scalars(select(Item)).one()\n    item.title = 'b'\n"
        f"    session.commit()\n    {end}\n"
    )
    assert refreshes(code) == []


def test_what_was_deleted_or_may_be_none_is_not_refreshed() -> None:
    assert (
        refreshes("""
        def remove(session: Session):
            item = session.scalars(select(Item)).one()
            item.title = "b"
            session.delete(item)
            session.commit()
            return item

        def perhaps(session: Session):
            item = session.scalars(select(Item)).first()
            session.commit()
            return item
    """)
        == []
    )


def test_after_a_rollback() -> None:
    assert refreshes("""
        def rename(session: Session):
            item = session.scalars(select(Item)).one()
            try:
                item.title = "b"
                session.commit()
            except ValueError:
                session.rollback()
                return item.title + item.changed
            return 1
    """) == ["session.refresh(item)"]


def test_what_is_given_may_have_been_made_elsewhere() -> None:
    code = """
        from unittest.mock import MagicMock

        def make(session: Session):
            user = User(name="a")
            session.add(user)
            session.commit()
            rename(session, MagicMock())
            return rename(session, user)

        def rename(session: Session, user: User):
            user.name = "b"
            try:
                session.commit()
            except ValueError:
                session.rollback()
                raise ValueError(f"{user.name} is taken")
    """
    assert refreshes(code) == ["session.refresh(user)"]
    assert refreshes(code.replace("            try:", "            session.add(user)\n            try:")) == []


def test_another_session_is_no_reason() -> None:
    assert (
        refreshes("""
        def copy(session: Session, other: Session):
            item = Item(title="a")
            session.add(item)
            other.commit()
            return item.changed
    """)
        == []
    )

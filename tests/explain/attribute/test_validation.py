"""What Pydantic swallowed is explained from the objects that its error carries."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from greenshift.explain import Explanation, Witness, explain


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owner"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    friends: Mapped[list[Friend]] = relationship()


class Friend(Base):
    __tablename__ = "friend"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))


class Account(Base):
    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
    owner: Mapped[Owner] = relationship()


class FromAttributes(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class FriendOut(FromAttributes):
    id: int


class OwnerOut(FromAttributes):
    name: str
    friends: list[FriendOut]


class AccountOut(FromAttributes):
    id: int
    owner: OwnerOut


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session, Witness():
        owner = Owner(id=1, name="Ada", friends=[Friend()])
        session.add_all([Account(id=1, owner=owner), Account(id=2, owner=owner)])
        session.commit()
        session.expunge_all()
        yield session
    engine.dispose()


def explained(validate: object, value: object) -> Explanation | None:
    assert callable(validate)
    with pytest.raises(ValidationError) as caught:
        validate(value)
    return explain(caught.value)


def test_a_list_names_its_relationship_once(session: Session) -> None:
    accounts = session.scalars(select(Account)).all()
    session.close()
    explanation = explained(TypeAdapter(list[AccountOut]).validate_python, accounts)
    assert explanation is not None
    assert explanation.kind == "detached instance"
    assert explanation.headline.startswith("Account.owner, ")
    assert [edit.new for edit in explanation.edits] == [".options(selectinload(Account.owner))"]


def test_an_object_further_in_gives_a_nested_option(session: Session) -> None:
    account = session.scalars(select(Account).options(selectinload(Account.owner))).first()
    session.close()
    explanation = explained(AccountOut.model_validate, account)
    assert explanation is not None
    assert explanation.headline.startswith("Owner.friends, ")
    assert [edit.new for edit in explanation.edits] == [".selectinload(Owner.friends)"]


def test_an_expired_object_is_told_from_an_unloaded_relationship(session: Session) -> None:
    account = session.scalars(select(Account)).first()
    session.commit()
    session.close()
    with pytest.raises(ValidationError) as caught:
        AccountOut.model_validate(account)
    explanation = explain(caught.value)
    assert explanation is not None
    assert "an attribute that had expired" in explanation.headline
    assert [place.role for place in explanation.where].count("expired here") == 1


def test_a_value_that_does_not_fit_is_none_of_ours() -> None:
    assert explained(AccountOut.model_validate, {"id": "x"}) is None


def test_a_property_that_fails_otherwise_is_none_of_ours() -> None:
    class Broken:
        @property
        def name(self) -> str:
            raise ValueError("DetachedInstanceError is not what happened")

    assert explained(OwnerOut.model_validate, Broken()) is None

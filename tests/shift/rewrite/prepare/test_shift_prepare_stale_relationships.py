"""What a commit used to have read anew is loaded again by the flush that leaves it stale."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from greenshift.shift.rewrite.prepare.expire_on_commit import keep_after_commit
from greenshift.shift.rewrite.prepare.stale_relationships import LOADING, NOTING, reload_stale_relationships
from greenshift.shift.rewrite.stages import run_stage

APPLICATION = """\
from sqlalchemy import Column, ForeignKey, Table, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    pass


labels = Table(
    "labels",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    comments: Mapped[list["Comment"]] = relationship(back_populates="post", order_by="Comment.rank")
    draft: Mapped["Draft | None"] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=labels, order_by=Tag.name)

    def __eq__(self, other):
        return False


class Comment(Base):
    __tablename__ = "comments"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    rank: Mapped[int] = mapped_column(default=0)
    post: Mapped[Post] = relationship(back_populates="comments")


class Draft(Base):
    __tablename__ = "drafts"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
SessionLocal = sessionmaker(bind=engine)


def ranks(post):
    return [comment.rank for comment in post.comments]


def work(session, post, other):
    {work}
"""
CASES = {
    "a child that is given a foreign key": "session.add(Comment(post_id=post.id, rank=7))",
    "a child that was flushed before": "session.add(Comment(post_id=post.id, rank=7)); session.flush()",
    "a child that is deleted": "session.delete(post.comments[0])",
    "a child that goes to another parent by its key": "post.comments[0].post_id = other.id",
    "a child that is appended out of order": "post.comments.append(Comment(rank=1))",
    "one alone by its key": "session.add(Draft(post_id=post.id))",
    "many to many, out of order": "post.tags.extend([Tag(name='b'), Tag(name='a')])",
    "nothing": "session.add(Tag(name='c'))",
}


def prepared(work: str) -> str:
    text = APPLICATION.replace("{work}", work)
    fixers = [keep_after_commit, reload_stale_relationships]
    result = run_stage("prepare", {"app.py": text}, fixers=fixers)
    assert run_stage("prepare", result.texts, fixers=fixers).changed == []
    return result.texts["app.py"]


@contextmanager
def running(text: str) -> Iterator[ModuleType]:
    """Run an application's module; its listeners end with it."""
    module = sys.modules["stale_application"] = ModuleType("stale_application")
    try:
        exec(compile(text, "stale_application.py", "exec"), module.__dict__)
        yield module
    finally:
        del sys.modules["stale_application"]
        for name, moment in ((NOTING, "after_flush"), (LOADING, "after_flush_postexec")):
            if hasattr(module, name):
                event.remove(Session, moment, getattr(module, name))


def shown(text: str, *, loading: bool) -> list[Any]:
    """Run an application; return what its session shows after the commit: with lazy loads, or as it holds it."""
    with running(text) as app, app.SessionLocal() as session:
        post, other = app.Post(), app.Post()
        post.comments = [app.Comment(rank=5), app.Comment(rank=3)]
        session.add_all([post, other])
        session.commit()
        assert [(one.draft, len(one.comments), one.tags) for one in (post, other)] == [(None, 2, []), (None, 0, [])]
        assert [comment.post.id for comment in post.comments] == [post.id, post.id]
        app.work(session, post, other)
        session.commit()
        return list(_numbers([post, other] if loading else [dict(one.__dict__) for one in (post, other)]))


def _numbers(posts: list[Any]) -> Iterator[Any]:
    for post in posts:
        names = ("comments", "draft", "tags")
        values = post if isinstance(post, dict) else {name: getattr(post, name) for name in names}
        yield [comment.rank for comment in values["comments"]]
        # Of a child that came by its collection the parent may not be loaded yet.
        owners = [one.__dict__.get("post") if isinstance(post, dict) else one.post for one in values["comments"]]
        yield [
            child.post_id if owner is None else owner.id
            for owner, child in zip(owners, values["comments"], strict=True)
        ]
        yield None if values["draft"] is None else values["draft"].id
        yield [tag.name for tag in values["tags"]]


@pytest.mark.parametrize("case", CASES)
def test_a_session_holds_what_expiring_would_have_loaded(case: str) -> None:
    text = prepared(f"Comment(post_id=1); {CASES[case]}")
    original = APPLICATION.replace("{work}", CASES[case])
    assert shown(text, loading=False) == shown(original, loading=True)


@pytest.mark.parametrize(
    "text",
    [
        APPLICATION.replace("{work}", "session.add(Tag(name='c'))"),
        APPLICATION.replace("{work}", "session.add(Comment(post_id=1))").replace(
            "sessionmaker(bind", "sessionmaker(expire_on_commit=False, bind"
        ),
        APPLICATION.replace("{work}", "session.add(Comment(post_id=1))").replace("post.comments]", "post.others]"),
    ],
    ids=["no key is set", "nothing ever expired", "nobody reads it"],
)
def test_nothing_is_written_where_nothing_gets_stale(text: str) -> None:
    fixers = [keep_after_commit, reload_stale_relationships]
    assert "after_flush" not in run_stage("prepare", {"app.py": text}, fixers=fixers).texts["app.py"]


KEYS = """\
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker


class Base(DeclarativeBase):
    pass


class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)


class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner | None] = relationship(lazy="raise_on_sql")
    shown: Mapped[Owner | None] = relationship(viewonly=True)


engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
SessionLocal = sessionmaker(bind=engine)


def load(session: Session) -> Item:
    return session.scalars(select(Item).options(selectinload(Item.owner), selectinload(Item.shown))).one()


def change(item: Item, key: int) -> None:
    {change}
"""


@pytest.mark.parametrize(
    "change",
    ["item.owner_id = key", 'for name, value in {"owner_id": key}.items():\n        setattr(item, name, value)'],
)
def test_a_key_leads_somewhere_else(change: str) -> None:
    fixers = [keep_after_commit, reload_stale_relationships]
    result = run_stage("prepare", {"app.py": KEYS.replace("{change}", change)}, fixers=fixers)
    with running(result.texts["app.py"]) as app, app.SessionLocal() as session:
        session.add_all([app.Owner(id=1), app.Owner(id=2), app.Item(owner_id=1)])
        session.commit()
        item = app.load(session)
        assert (item.owner.id, item.shown.id) == (1, 1)
        app.change(item, 2)
        session.commit()
        again = app.load(session)
        assert (again.owner.id, again.shown.id) == (2, 2)

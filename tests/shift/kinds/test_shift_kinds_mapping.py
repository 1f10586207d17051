"""Relationships that no class body assigns: of mixins' ``declared_attr``, and of imperative mappings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from greenshift.shift.kinds import infer
from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.project import project_of
from greenshift.shift.rewrite.stages import run_stages

MIXIN = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls) -> str:
        return cls.__name__.lower()


class Owned:
    owner_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

    @declared_attr
    def owner(cls) -> Mapped["User"]:
        return relationship("User")


class User(Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Post(Owned, Base):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


metadata = Base.metadata
engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)
"""
IMPERATIVE = """\
from sqlalchemy import Column, ForeignKey, Integer, String, Table, create_engine
from sqlalchemy.orm import registry, relationship, sessionmaker
import domain

mapping = registry()
metadata = mapping.metadata
users = Table("users", metadata, Column("id", Integer, primary_key=True), Column("name", String))
posts = Table(
    "posts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", String),
    Column("owner_id", ForeignKey("users.id")),
)


def start_mappers():
    mapping.map_imperatively(domain.User, users)
    mapping.map_imperatively(domain.Post, posts, properties={"owner": relationship(domain.User, backref="posts")})


start_mappers()
User, Post = domain.User, domain.Post
engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)
"""
DOMAIN = """\
class User:
    def __init__(self, name):
        self.name = name


class Post:
    def __init__(self, title, owner):
        self.title = title
        self.owner = owner
"""
MAIN = """\
from sqlalchemy import select
from {models} import Post, User
from models import SessionLocal, engine, metadata


def names():
    with SessionLocal() as session:
        return [post.owner.name for post in session.scalars(select(Post))]


def run():
    with SessionLocal() as session:
        session.add(Post(title="one", owner=User(name="anna")))
        session.commit()
    print(names())


if __name__ == "__main__":
    metadata.create_all(engine)
    run()
"""


def relationships(texts: dict[str, str], name: str) -> dict[str, Relationship]:
    classes = infer(project_of(texts)).classes
    cls = classes.class_named(name, next(iter(classes.bases)).module)
    assert cls is not None
    return classes.relationships(cls)


def test_a_mixin_declares_a_relationship_for_its_classes() -> None:
    found = relationships({"models.py": MIXIN}, "Post")
    assert {name: (one.target.name if one.target else None, one.is_collection) for name, one in found.items()} == {
        "owner": ("User", False)
    }


def test_a_base_whose_tables_names_are_declared_is_no_model() -> None:
    classes = infer(project_of({"models.py": MIXIN})).classes
    assert {cls.name for cls in classes.bases if classes.is_model(cls)} == {"Owned", "User", "Post"}


def test_a_call_maps_classes_and_both_sides_of_a_relationship() -> None:
    texts = {"models.py": IMPERATIVE, "domain.py": DOMAIN}
    assert relationships(texts, "Post")["owner"].is_collection is False
    assert relationships(texts, "User")["posts"].is_collection is True


@pytest.mark.parametrize(
    ("models", "texts"),
    [("models", {"models.py": MIXIN}), ("domain", {"models.py": IMPERATIVE, "domain.py": DOMAIN})],
    ids=["declared_attr", "imperative"],
)
def test_what_is_read_is_loaded_before(models: str, texts: dict[str, str], tmp_path: Path) -> None:
    results = run_stages(texts | {"main.py": MAIN.format(models=models)})
    assert "selectinload(Post.owner)" in results[-1].texts["main.py"]
    for name, text in results[-1].texts.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "['anna']\n", done.stderr

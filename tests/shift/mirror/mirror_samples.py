"""A small application with sync tests, and one whose models have async methods: what is mirrored in these tests."""

from __future__ import annotations

MODELS = """from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="user")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="posts")
"""
CRUD = """from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.models import User


def create_user(session: Session, name: str) -> User:
    user = User(name=name)
    session.add(user)
    session.commit()
    return user


def find_user(session: Session, name: str) -> User | None:
    return session.scalars(select(User).where(User.name == name)).first()
"""
CONFTEST = """import pytest

from shop.models import User


@pytest.fixture
def user(db_session):
    user = User(name="ada")
    db_session.add(user)
    db_session.commit()
    return user
"""
FACTORIES = """from shop.models import Post, User


def make_post(session, user: User, title="t") -> Post:
    post = Post(title=title, user=user)
    session.add(post)
    session.commit()
    return post
"""
TESTS = '''"""Users and posts."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.crud import create_user, find_user
from shop.models import Post, User
from factories import make_post

NAMES = ["ada", "bob"]


@pytest.fixture
def session(db_engine):
    with Session(db_engine) as session:
        yield session


def count(session: Session) -> int:
    # How many users there are.
    return session.query(User).count()


def test_pure():
    assert len(NAMES) == 2


def test_crud(db_session):
    user = User(name="x")
    db_session.add(user)
    db_session.commit()
    assert user.id is not None
    assert db_session.query(User).filter_by(name="x").one().name == "x"
    db_session.delete(user)
    db_session.commit()
    assert count(db_session) == 0


@pytest.mark.parametrize("name", NAMES)
def test_own_session(session, name):
    session.add(User(name=name))
    session.flush()
    assert session.scalar(select(func.count(User.id))) == 1


class TestRelations:
    """Relations."""

    title = "hello"

    @pytest.fixture
    def post(self, db_session, user):
        return make_post(db_session, user, self.title)

    def test_lazy(self, db_session, post):
        found = db_session.query(Post).filter(Post.title == self.title).one()
        assert found.user.name == "ada"
        assert [one.title for one in found.user.posts] == [self.title]

    def test_duplicate(self, db_session, user):
        db_session.add(User(name=user.name))
        with pytest.raises(IntegrityError):
            db_session.commit()
        db_session.rollback()


def test_application(db_session):
    user = create_user(db_session, "eve")
    make_post(db_session, user, "one")
    found = find_user(db_session, "eve")
    assert [post.title for post in found.posts] == ["one"]
'''
SHOP = {
    "shop/__init__.py": "",
    "shop/models.py": MODELS,
    "shop/crud.py": CRUD,
    "tests/conftest.py": CONFTEST,
    "tests/factories.py": FACTORIES,
    "tests/test_shop.py": TESTS,
}
PYPROJECT = """[tool.greenshift]
metadata = "shop.models:Base"

[tool.pytest.ini_options]
pythonpath = ["."]
"""
RECORDS = '''"""An active record: the same methods, sync and async."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from typing import Self


class LazyAttribute:
    def __init__(self, target, **keys):
        self.target = target


class DBModel:
    @classmethod
    def get(cls, key: int) -> Self | None: ...
    @classmethod
    def list(cls) -> list[Self]: ...
    def insert(self) -> Self: ...
    def to_json_dict(self) -> dict[str, object]: ...


class AsyncDBModel:
    @classmethod
    async def get(cls, key: int) -> Self | None: ...
    @classmethod
    async def list(cls) -> list[Self]: ...
    async def insert(self) -> Self: ...
    async def to_json_dict(self) -> dict[str, object]: ...


@contextmanager
def transaction():
    yield


@asynccontextmanager
async def async_transaction():
    yield
'''
NAMES = {
    "records.DBModel": "records.AsyncDBModel",
    "records.transaction": "records.async_transaction",
    "User": "AsyncUser",
    "Post": "AsyncPost",
}
RECORD_MODELS = """from records import DBModel, LazyAttribute, transaction


class User(DBModel):
    posts = LazyAttribute("Post", reverse_foreign_key="user_id")


class Post(DBModel):
    user = LazyAttribute("User", foreign_key="user_id")


"""

"""A small project with models, on which the contract is run as a user runs it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from greenshift.postgres import Server

MODELS = """
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(30), CheckConstraint("reverse(email) LIKE 'moc.%'"), unique=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="user", cascade="all, delete-orphan")

class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    user: Mapped[User] = relationship(back_populates="posts")
"""

# An enumeration and arrays of it, a sequence, a deferred foreign key, checks: more than tables to make and to drop.
TYPED_MODELS = """
import enum
from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Numeric, Sequence, String
from sqlalchemy.dialects.postgresql import ARRAY, ENUM
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(30), unique=True)
    age: Mapped[int] = mapped_column(CheckConstraint("age >= 18"))
    number: Mapped[int] = mapped_column(Sequence("numbers"), server_default=Sequence("numbers").next_value())
    seen: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    posts: Mapped[list["Post"]] = relationship(back_populates="user", cascade="all, delete-orphan")


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    colour: Mapped[Colour]
    colours: Mapped[list[Colour]] = mapped_column(ARRAY(ENUM(Colour, name="colour", create_type=False)))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", deferrable=True, initially="DEFERRED"))
    user: Mapped[User] = relationship(back_populates="posts")
    __table_args__ = (CheckConstraint("id > 0"), Index("ix_post", "user_id", "id"))
"""

PYPROJECT = """
[tool.greenshift]
{metadata}

[tool.pytest.ini_options]
addopts = "-p no:randomly -p no:cacheprovider -p no:schemathesis -p no:hypothesispytest"
pythonpath = ["."]
"""


@pytest.fixture
def project(pytester: pytest.Pytester, contract_server: Server, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("GREENSHIFT_DATABASE_URL", contract_server.url())
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(models=MODELS)
    pytester.makefile(".toml", pyproject=PYPROJECT.format(metadata='metadata = "models:Base"'))
    return pytester


def command(project: pytest.Pytester, *arguments: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-m", "greenshift", "contract", *arguments]
    return subprocess.run(run, cwd=project.path, capture_output=True, text=True, check=False, timeout=240)

# ruff: noqa: A003, RUF012 - declared as SQLAlchemy has it
"""Models of many styles, for the tests of the contract."""

from __future__ import annotations

import enum
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    Numeric,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


article_tag = Table(
    "article_tag",
    Base.metadata,
    Column("article_id", ForeignKey("article.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(40), unique=True)
    age: Mapped[int] = mapped_column(CheckConstraint("age >= 18 AND age < 120"))
    fee: Mapped[Decimal] = mapped_column(Numeric(8, 2), default=Decimal("1.50"))
    colour: Mapped[Colour]
    born: Mapped[date | None]
    seen: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    articles: Mapped[list[Article]] = relationship(back_populates="author", cascade="all, delete-orphan")

    @hybrid_property
    def is_old(self) -> bool:
        return self.age > 60


class Article(Base):
    __tablename__ = "article"
    __table_args__ = (UniqueConstraint("author_id", "title"),)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str] = mapped_column(String(20))
    body: Mapped[str | None]
    words: Mapped[list[str]] = mapped_column(ARRAY(String))
    extra: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    picture: Mapped[bytes | None] = mapped_column(LargeBinary)
    title_length: Mapped[int] = mapped_column(Computed("length(title)"))
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="articles")
    tags: Mapped[set[Tag]] = relationship(secondary=article_tag, back_populates="articles")
    version: Mapped[int] = mapped_column()
    __mapper_args__ = {"version_id_col": version}


class Tag(Base):
    def __eq__(self, other: object) -> bool:
        return self.name == other.name if isinstance(other, Tag) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(10), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tag.id"))
    parent: Mapped[Tag | None] = relationship(back_populates="children", remote_side=[id])
    children: Mapped[list[Tag]] = relationship(back_populates="parent")
    articles: Mapped[set[Article]] = relationship(secondary=article_tag, back_populates="tags")


class Employee(Base):
    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": kind, "polymorphic_identity": "employee"}


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(10))
    __mapper_args__ = {"polymorphic_identity": "engineer"}


class Manager(Employee):
    budget: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "manager"}


class Project(Base):
    __tablename__ = "project"
    tenant: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    members: Mapped[list[Membership]] = relationship(back_populates="project", cascade="all, delete-orphan")


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (
        ForeignKeyConstraint(["tenant", "number"], ["project.tenant", "project.number"]),
        CheckConstraint("role IN ('owner', 'guest') AND length(note) BETWEEN 3 AND 9", name="role_known"),
    )
    tenant: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    employee_id: Mapped[int] = mapped_column(
        ForeignKey("employee.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(10))
    note: Mapped[str]
    project: Mapped[Project] = relationship(back_populates="members")
    employee: Mapped[Employee] = relationship()


Author.article_count = column_property(
    select(func.count(Article.id)).where(Article.author_id == Author.id).correlate_except(Article).scalar_subquery()
)

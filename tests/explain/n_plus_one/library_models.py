"""The mapped classes that the innocent and the guilty programs share, and their rows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, func, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    DynamicMapped,
    Mapped,
    Session,
    WriteOnlyMapped,
    column_property,
    mapped_column,
    relationship,
)


class Base(AsyncAttrs, DeclarativeBase):
    pass


book_tag = Table(
    "book_tag",
    Base.metadata,
    Column("book_id", ForeignKey("book.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Publisher(Base):
    __tablename__ = "publisher"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    biography: Mapped[str] = mapped_column(deferred=True, default="")
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")
    dynamic_books: DynamicMapped[Book] = relationship(viewonly=True)
    stream_books: WriteOnlyMapped[Book] = relationship(viewonly=True)

    @property
    def titles(self) -> str:
        return ", ".join(book.title for book in self.books)


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    price: Mapped[int] = mapped_column(default=10)
    stock: Mapped[int] = mapped_column(default=0)
    created: Mapped[datetime] = mapped_column(server_default=func.now())
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    publisher_id: Mapped[int | None] = mapped_column(ForeignKey("publisher.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    publisher: Mapped[Publisher | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=book_tag)
    tag_names: AssociationProxy[list[str]] = association_proxy("tags", "name")
    siblings: Mapped[int] = column_property(
        select(func.count(Tag.id)).scalar_subquery().label("siblings"), deferred=False
    )

    @hybrid_property
    def is_dear(self) -> bool:
        return self.price > 20


class Node(Base):
    __tablename__ = "node"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    parent: Mapped[Node | None] = relationship(back_populates="children", remote_side="Node.id")
    children: Mapped[list[Node]] = relationship(back_populates="parent", order_by="Node.id")


class Employee(Base):
    """Joined-table inheritance."""

    __tablename__ = "employee"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012


class Manager(Employee):
    __tablename__ = "manager"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    budget: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012


class Engineer(Employee):
    __tablename__ = "engineer"
    id: Mapped[int] = mapped_column(ForeignKey("employee.id"), primary_key=True)
    language: Mapped[str]
    __mapper_args__ = {"polymorphic_identity": "engineer"}  # noqa: RUF012


class Vehicle(Base):
    """Single-table inheritance."""

    __tablename__ = "vehicle"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    wheels: Mapped[int]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "vehicle"}  # noqa: RUF012


class Lorry(Vehicle):
    load: Mapped[int | None] = mapped_column()
    __mapper_args__ = {"polymorphic_identity": "lorry"}  # noqa: RUF012


class Job(Base):
    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="new")
    updated: Mapped[datetime] = mapped_column(server_default=func.now())


def add_rows(session: Session) -> None:
    """Three authors with two books each, by a publisher of their own; a tree; staff; vehicles; a job."""
    tags = [Tag(id=number, name=f"tag {number}") for number in (1, 2, 3)]
    for number in (1, 2, 3):
        publisher = Publisher(id=number, name=f"publisher {number}")
        author = Author(id=number, name=f"author {number}")
        books = [Book(id=number * 10 + place, title=f"book {number}.{place}", tags=tags) for place in (1, 2)]
        for book in books:
            book.publisher = publisher
        author.books = books
        session.add_all([publisher, author])
    root = Node(id=1)
    root.children = [Node(id=2), Node(id=3)]
    for child in root.children:
        child.children = [Node(id=child.id * 10), Node(id=child.id * 10 + 1)]
    session.add(root)
    session.add_all([Manager(id=number, name="m", budget=number) for number in (1, 2, 3)])
    session.add_all([Engineer(id=number, name="e", language="Python") for number in (4, 5, 6)])
    session.add_all([Vehicle(id=1, wheels=2), Lorry(id=2, wheels=6, load=7), Lorry(id=3, wheels=8, load=9)])
    session.add(Job(id=1))
    session.flush()
    for table in Base.metadata.sorted_tables:
        if "id" in table.c and table.c.id.autoincrement == "auto" and not table.c.id.foreign_keys:
            session.execute(select(func.setval(f"{table.name}_id_seq", 1000)))

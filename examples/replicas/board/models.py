"""Authors, articles, comments."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Sequence
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What all models share."""


article_number = Sequence("article_number", metadata=Base.metadata)


class Author(Base):
    """Who writes articles."""

    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    articles: Mapped[list[Article]] = relationship(back_populates="author", order_by="Article.id")


class Article(Base):
    """What authors write; readers vote for it and comment on it."""

    __tablename__ = "article"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    votes: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="articles")
    comments: Mapped[list[Comment]] = relationship(back_populates="article", order_by="Comment.id")


class Comment(Base):
    """A reader's remark."""

    __tablename__ = "comment"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    article: Mapped[Article] = relationship(back_populates="comments")

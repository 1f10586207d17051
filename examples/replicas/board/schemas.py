"""What the API takes and answers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class NewArticle(BaseModel):
    """An article to be written."""

    title: str
    author: str


class NewComment(BaseModel):
    """A comment to be written."""

    text: str


class CommentOut(BaseModel):
    """A comment."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    text: str


class ArticleOut(BaseModel):
    """An article as lists show it."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    title: str
    votes: int


class ArticlePage(ArticleOut):
    """An article with its comments."""

    comments: list[CommentOut]

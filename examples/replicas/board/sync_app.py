"""The application with sync sessions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, sessionmaker

from board.models import Article, Author, Comment
from board.requests import session_options
from board.schemas import ArticleOut, ArticlePage, CommentOut, NewArticle, NewComment
from routing import CausalReads, Databases, RoutingSession

router = APIRouter()


def get_session(request: Request) -> Iterator[Session]:
    with request.app.state.make_session(**session_options(request)) as session:
        yield session


InSession = Annotated[Session, Depends(get_session)]


@router.get("/articles", response_model=list[ArticleOut])
def articles(session: InSession) -> Sequence[Article]:
    return session.scalars(select(Article).order_by(Article.id)).all()


@router.get("/articles/{number}", response_model=ArticlePage)
def article(number: int, session: InSession) -> Article:
    found = session.get(Article, number, options=[selectinload(Article.comments)])
    if found is None:
        raise HTTPException(404)
    return found


@router.post("/articles", response_model=ArticleOut, status_code=201)
def write(new: NewArticle, session: InSession) -> Article:
    author = session.scalar(select(Author).where(Author.name == new.author)) or Author(name=new.author)
    article = Article(title=new.title, author=author)
    session.add(article)
    session.commit()
    return article


@router.post("/articles/{number}/comments", response_model=CommentOut, status_code=201)
def comment(number: int, new: NewComment, session: InSession) -> Comment:
    if session.get(Article, number) is None:
        raise HTTPException(404)
    comment = Comment(text=new.text, article_id=number)
    session.add(comment)
    session.commit()
    return comment


@router.post("/articles/{number}/votes", response_model=ArticleOut)
def vote(number: int, session: InSession) -> Article:
    found = session.get(Article, number, with_for_update=True)
    if found is None:
        raise HTTPException(404)
    found.votes += 1
    session.commit()
    return found


def create_sync_app(databases: Databases) -> FastAPI:
    """Return the application on a primary and its replicas."""
    app = FastAPI(title="board")
    app.add_middleware(CausalReads)
    app.include_router(router)
    app.state.make_session = sessionmaker(class_=RoutingSession, databases=databases, expire_on_commit=False)
    return app

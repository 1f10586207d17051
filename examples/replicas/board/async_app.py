"""The same application with async sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import selectinload

from board.models import Article, Author, Comment
from board.requests import session_options
from board.schemas import ArticleOut, ArticlePage, CommentOut, NewArticle, NewComment
from routing import CausalReads, Databases, RoutingSession

router = APIRouter()


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.make_session(**session_options(request)) as session:
        yield session


InSession = Annotated[AsyncSession, Depends(get_session)]


@router.get("/articles", response_model=list[ArticleOut])
async def articles(session: InSession) -> Sequence[Article]:
    return (await session.scalars(select(Article).order_by(Article.id))).all()


@router.get("/articles/{number}", response_model=ArticlePage)
async def article(number: int, session: InSession) -> Article:
    found = await session.get(Article, number, options=[selectinload(Article.comments)])
    if found is None:
        raise HTTPException(404)
    return found


@router.post("/articles", response_model=ArticleOut, status_code=201)
async def write(new: NewArticle, session: InSession) -> Article:
    author = await session.scalar(select(Author).where(Author.name == new.author)) or Author(name=new.author)
    article = Article(title=new.title, author=author)
    session.add(article)
    await session.commit()
    return article


@router.post("/articles/{number}/comments", response_model=CommentOut, status_code=201)
async def comment(number: int, new: NewComment, session: InSession) -> Comment:
    if await session.get(Article, number) is None:
        raise HTTPException(404)
    comment = Comment(text=new.text, article_id=number)
    session.add(comment)
    await session.commit()
    return comment


@router.post("/articles/{number}/votes", response_model=ArticleOut)
async def vote(number: int, session: InSession) -> Article:
    found = await session.get(Article, number, with_for_update=True)
    if found is None:
        raise HTTPException(404)
    found.votes += 1
    await session.commit()
    return found


def create_async_app(databases: Databases) -> FastAPI:
    """Return the application on a primary and its replicas; the engines are the ``sync_engine`` of async ones."""
    app = FastAPI(title="board")
    app.add_middleware(CausalReads)
    app.include_router(router)
    app.state.make_session = async_sessionmaker(
        sync_session_class=RoutingSession, databases=databases, expire_on_commit=False
    )
    return app

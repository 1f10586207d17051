"""Requests that a test sends are told apart, whichever client sends them; what builds a response is watched too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy
from fastapi.testclient import TestClient
from programs import load
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

from greenshift.explain.n_plus_one import Detector

SOURCE = """
from fastapi import FastAPI, Depends
from library_models import Author, Book
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

app = FastAPI()

def session():
    with app.state.factory() as session:
        yield session

class BookOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str

class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    books: list[BookOut]

@app.get("/some")
def some(ids: str, session=Depends(session)):
    return [session.get(Author, int(number)).name for number in ids.split(",")]

@app.get("/async_some")
async def async_some(ids: str):
    with app.state.factory() as session:
        return [session.get(Author, int(number)).name for number in ids.split(",")]

@app.get("/awaited_some")
async def awaited_some(ids: str):
    async with app.state.async_factory() as session:
        return [(await session.get_one(Author, int(number))).name for number in ids.split(",")]

@app.get("/authors", response_model=list[AuthorOut])
def authors(session=Depends(session)):
    return session.scalars(select(Author)).all()

@app.get("/async_authors", response_model=list[AuthorOut])
async def async_authors():
    session = app.state.session = app.state.factory()  # kept, so that the response can load
    return session.scalars(select(Author)).all()
"""


@pytest.fixture
def app(library_url: Callable[[str], str], tmp_path: Path) -> Iterator[Any]:
    path = tmp_path / "shop.py"
    path.write_text(SOURCE)
    engine = sqlalchemy.create_engine(library_url("psycopg"))
    module = load(path)
    module.app.state.factory = sessionmaker(engine)
    async_engine = create_async_engine(library_url("asyncpg"), poolclass=NullPool)
    module.app.state.async_factory = async_sessionmaker(async_engine)
    module.app.state.session = None
    yield module.app
    if module.app.state.session is not None:
        module.app.state.session.close()
    engine.dispose()


def by_test_client(app: Any, *paths: str) -> None:
    with TestClient(app) as client:
        for path in paths:
            assert client.get(path).status_code == 200


def by_httpx(app: Any, *paths: str) -> None:
    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            for path in paths:
                assert (await client.get(path)).status_code == 200

    asyncio.run(main())


@contextmanager
def watched(folder: Path, kinds: list[str]) -> Iterator[Detector]:
    with Detector(root=folder) as detector:
        yield detector
    assert [one.kind for one in detector.findings()] == kinds, "\n".join(map(str, detector.findings()))


@pytest.mark.parametrize("path", ["/some", "/async_some", "/awaited_some"])
@pytest.mark.parametrize("send", [by_test_client, by_httpx])
def test_a_loop_of_requests_is_no_loop_of_the_application(
    app: Any, tmp_path: Path, send: Callable[..., None], path: str
) -> None:
    with watched(tmp_path, []):
        send(app, *(f"{path}?ids={number}" for number in (1, 2, 3)))
    with watched(tmp_path, ["N+1 loop"]):
        send(app, f"{path}?ids=1,2,3")


@pytest.mark.parametrize("path", ["/authors", "/async_authors"])
@pytest.mark.parametrize("send", [by_test_client, by_httpx])
def test_a_response_that_loads_row_by_row_is_found(
    app: Any, tmp_path: Path, send: Callable[..., None], path: str
) -> None:
    with watched(tmp_path, ["N+1 lazy loads"]) as detector:
        send(app, path)
    [found] = detector.findings()
    assert [place.role for place in found.where] == ["parents loaded here"]
    assert found.where[0].file == str(next(tmp_path.glob("shop.py")))
    assert found.edits

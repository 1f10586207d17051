"""Eager loads that nobody used are advised against; those that are used in any way are not."""

from __future__ import annotations

import asyncio
import contextvars
import textwrap
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from library_models import Author
from programs import load, run
from sqlalchemy.orm import InstrumentedAttribute

from greenshift.explain.explanation import Explanation
from greenshift.explain.n_plus_one import Detector

HEAD = """
from library_models import Author, Book, Tag, Publisher
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload, selectinload, subqueryload
BOTH = select(Author).join(Author.books)
"""

USELESS = {
    "selectin": "session.scalars(select(Author).options(selectinload(Author.books))).all()",
    "subquery": "session.scalars(select(Author).options(subqueryload(Author.books))).all()",
    "joined": "session.scalars(select(Author).options(joinedload(Author.books))).unique().all()",
    "contains_eager": "session.scalars(BOTH.options(contains_eager(Author.books))).unique().all()",
    "to one": "[book.author_id for book in session.scalars(select(Book).options(joinedload(Book.author)))]",
    "get": "session.get(Author, 1, options=[selectinload(Author.books)]).name",
}
USED = {
    "attribute": "[a.books for a in session.scalars(select(Author).options(selectinload(Author.books)))]",
    "joined": "[a.books for a in session.scalars(select(Author).options(joinedload(Author.books))).unique()]",
    "one of them": "session.scalars(select(Author).options(selectinload(Author.books))).all()[0].books",
    "getattr": "[getattr(b, 'author') for b in session.scalars(select(Book).options(joinedload(Book.author)))]",
    "proxy": "[list(b.tag_names) for b in session.scalars(select(Book).options(selectinload(Book.tags)))]",
    "appended": "a = session.get(Author, 1, options=[selectinload(Author.books)]); a.books.append(Book(title='x'))",
    "no rows": "session.scalars(select(Author).options(selectinload(Author.books)).where(Author.id == -1)).all()",
    "delete": "session.delete(session.get(Book, 11, options=[selectinload(Book.tags)])); session.flush()",
    "lazy": "session.scalars(select(Author)).first().books",
}


def advice(body: str, url: str, folder: Path, **options: bool) -> list[Explanation]:
    path = folder / "app.py"
    path.write_text(f"{HEAD}\ndef program(session):\n{textwrap.indent(body, '    ')}\n")
    detector = Detector(root=folder, unused_eager_loads=True)
    run(load(path).program, url, detector)
    assert all(one.kind == "eager load never used" for one in detector.advice())
    assert type(Author.books) is InstrumentedAttribute
    return detector.advice()


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("name", USELESS)
def test_an_eager_load_that_nobody_reads_is_named(
    name: str, driver: str, library_url: Callable[[str], str], tmp_path: Path
) -> None:
    [found] = advice(USELESS[name], library_url(driver), tmp_path)
    [place] = found.where
    assert (place.line, place.role) == (8, "loaded here")
    assert ("Book.author" if name == "to one" else "Author.books") in found.headline


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
@pytest.mark.parametrize("name", USED)
def test_an_eager_load_that_is_used_is_not(
    name: str, driver: str, library_url: Callable[[str], str], tmp_path: Path
) -> None:
    assert advice(USED[name], library_url(driver), tmp_path) == []


def test_it_can_be_ignored_and_is_off_by_default(library_url: Callable[[str], str], tmp_path: Path) -> None:
    url = library_url("psycopg")
    assert advice(f"{USELESS['get']}  # greenshift: ignore[n+1]", url, tmp_path) == []
    with Detector() as detector:
        assert type(Author.books) is InstrumentedAttribute
    assert detector.advice() == []


def test_only_the_own_task_counts(library_url: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        HEAD
        + "async def program(factory, useless):\n"
        + "    async with factory() as session:\n"
        + "        option = [selectinload(Author.books)] if useless else []\n"
        + "        assert (await session.scalars(select(Author).options(*option))).all()\n"
    )
    request = contextvars.ContextVar("request", default="")
    detectors = {
        name: Detector(root=tmp_path, owns=lambda _, name=name: request.get() == name, unused_eager_loads=True)  # type: ignore[misc]
        for name in ("first", "second")
    }
    module = load(path)

    async def handle(factory: object, name: str) -> None:
        request.set(name)
        with detectors[name]:
            await module.program(factory, name == "first")

    async def program(factory: object) -> None:
        await asyncio.gather(handle(factory, "first"), handle(factory, "second"))

    run(program, library_url("asyncpg"), nullcontext())
    assert [len(detectors[name].advice()) for name in ("first", "second")] == [1, 0]

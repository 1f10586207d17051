"""Transcripts recorded from real drivers, sync beside asyncio: which mean the same, and which do not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, ForeignKey, create_engine, func, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    immediateload,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    undefer,
)

from greenshift.postgres import Run, Server, ServerSettings, Template, TemplateSource, open_server
from greenshift.shift.verify.comparison.found import AGAIN, AHEAD, EAGER, EAGER_ADDED, KEPT, REFRESHED, Found
from greenshift.shift.verify.comparison.tests import compare_transcripts
from greenshift.shift.verify.recording.statements import StatementRecorder
from greenshift.shift.verify.recording.writer import RecordWriter
from greenshift.shift.verify.transcript.records import Entry, read_run
from greenshift.shift.verify.verdict import CallSite

Sync = Callable[[Session], Any]
Async = Callable[[AsyncSession], Awaitable[Any]]


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    note: Mapped[str | None] = mapped_column(deferred=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


class Pair:
    """One database, reached by a sync driver and by an asyncio one."""

    def __init__(self, sync_url: URL, async_url: URL, folder: Path) -> None:
        self._engine = create_engine(sync_url)
        self._async_url = async_url
        self._folder = folder
        self._fill()

    def _fill(self) -> None:
        Base.metadata.drop_all(self._engine)
        Base.metadata.create_all(self._engine)
        with Session(self._engine) as session:
            for name in ("Anna", "Iain", "Ursula"):
                session.add(Author(name=name, books=[Book(title=f"{name} {number}") for number in range(2)]))
            session.commit()

    def _recorded(self, run: Callable[[], None]) -> list[Entry]:
        path = self._folder / "recording.jsonl"
        writer = RecordWriter(path)
        recorder = StatementRecorder(writer)
        writer.test, writer.phase = "t", "call"
        writer.write("begin")
        recorder.start()
        try:
            run()
        finally:
            recorder.stop()
            writer.close()
        return read_run(path, Path(__file__).parent).tests["t"].entries

    def before(self, function: Sync) -> list[Entry]:
        def run() -> None:
            with Session(self._engine) as session:
                function(session)

        self._fill()
        return self._recorded(run)

    def after(self, function: Async) -> list[Entry]:
        async def work() -> None:
            engine = create_async_engine(self._async_url)
            async with AsyncSession(engine, expire_on_commit=False) as session:
                await function(session)
            await engine.dispose()

        self._fill()
        return self._recorded(lambda: asyncio.run(work()))

    def compare(self, before: Sync, after: Async) -> Found:
        return compare_transcripts("t", self.before(before), self.after(after))

    def close(self) -> None:
        self._engine.dispose()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = open_server(ServerSettings(provider="embedded"))
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def pair(request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    folder = tmp_path_factory.mktemp("pair")
    if request.param == "sqlite":
        url = URL.create("sqlite", database=str(folder / "pair.db"))
        pair = Pair(url, url.set(drivername="sqlite+aiosqlite"), folder)
        yield pair
        pair.close()
        return
    run = Run.start(server)
    database = Template.ensure(server, run, TemplateSource("empty", lambda _: None, "nothing")).clone(run, "pair")
    pair = Pair(make_url(database.url("psycopg")), make_url(database.url("asyncpg")), folder)
    yield pair
    pair.close()
    run.close()


def lazy_books(session: Session) -> None:
    for author in session.query(Author).order_by(Author.name).all():
        assert len(author.books) == 2


async def eager_books(session: AsyncSession, *options: Any) -> None:
    found = await session.scalars(select(Author).options(*options).order_by(Author.name))
    for author in found.unique():
        assert len(author.books) == 2


@pytest.mark.parametrize("load", [selectinload, joinedload])
def test_eager_loading_in_place_of_lazy_loading(pair: Pair, load: Callable[[Any], Any]) -> None:
    found = pair.compare(lazy_books, lambda session: eager_books(session, load(Author.books)))
    assert found.differences == []
    assert found.recognised == {EAGER: 3}


def test_eager_loading_of_one_that_many_share(pair: Pair) -> None:
    def before(session: Session) -> None:
        assert {book.author.name for book in session.query(Book).limit(3).all()} == {"Anna", "Iain"}

    async def after(session: AsyncSession) -> None:
        books = await session.scalars(select(Book).options(joinedload(Book.author)).limit(3))
        assert {book.author.name for book in books} == {"Anna", "Iain"}

    found = pair.compare(before, after)
    assert found.differences == []
    assert found.recognised == {EAGER: 2}


def test_lazy_loading_under_a_bridge_is_the_same(pair: Pair) -> None:
    async def after(session: AsyncSession) -> None:
        for author in (await session.scalars(select(Author).order_by(Author.name))).all():
            assert len(await session.run_sync(lambda _, author=author: author.books)) == 2

    found = pair.compare(lazy_books, after)
    assert found.differences == []
    assert found.recognised == {}


def test_eager_loading_that_nobody_needs_is_let_pass_and_counted(pair: Pair) -> None:
    def before(session: Session) -> None:
        session.query(Author).order_by(Author.name).all()

    found = pair.compare(before, lambda session: eager_books(session, selectinload(Author.books)))
    assert found.differences == []
    assert found.recognised == {EAGER_ADDED: 1}


def test_a_lazy_load_that_nothing_takes_the_place_of(pair: Pair) -> None:
    async def after(session: AsyncSession) -> None:
        (await session.scalars(select(Author).order_by(Author.name))).all()

    (difference,) = pair.compare(lazy_books, after).differences
    assert difference.kind == "missing statement"
    assert "lazy load of Author.books: 0 in place of 3" in difference.message
    assert difference.before is not None
    assert difference.before.at is not None
    assert difference.before.at.file == "test_shift_verify_transcripts.py"
    assert difference.before.at.function == "lazy_books"


def test_loads_one_by_one_in_place_of_an_eager_load(pair: Pair) -> None:
    def before(session: Session) -> None:
        for author in session.query(Author).options(selectinload(Author.books)).order_by(Author.name):
            assert len(author.books) == 2

    async def after(session: AsyncSession) -> None:
        for author in (await session.scalars(select(Author).order_by(Author.name))).all():
            await session.run_sync(lambda _, author=author: author.books)

    (difference,) = pair.compare(before, after).differences
    assert difference.kind == "extra statement"
    assert "lazy load of Author.books: 3 in place of 0" in difference.message


def test_relationships_that_tests_read_ahead(pair: Pair, tmp_path: Path) -> None:
    def unread(session: Session) -> None:
        session.query(Author).order_by(Author.name).all()

    async def reading(session: AsyncSession, read: Callable[[Author], Any]) -> None:
        for author in (await session.scalars(select(Author).order_by(Author.name))).all():
            await session.run_sync(lambda _, author=author: read(author))

    names: dict[str, Any] = {}
    (tmp_path / "service.py").write_text("def books(author):\n    return author.books\n")
    exec(compile((tmp_path / "service.py").read_text(), str(tmp_path / "service.py"), "exec"), names)

    async def in_tests(session: AsyncSession) -> None:
        await reading(session, lambda author: author.books)

    async def in_the_application(session: AsyncSession) -> None:
        await reading(session, names["books"])

    found = pair.compare(unread, in_tests)
    assert (found.differences, found.recognised) == ([], {AHEAD: 3})
    (difference,) = pair.compare(unread, in_the_application).differences
    assert difference.message == "lazy load of Author.books: 3 in place of 0"


def test_loading_at_once_one_by_one_is_eager(pair: Pair) -> None:
    def unread(session: Session) -> None:
        session.query(Author).order_by(Author.name).all()

    async def at_once(session: AsyncSession) -> None:
        await eager_books(session, immediateload(Author.books))

    assert pair.compare(lazy_books, at_once).differences == []
    found = pair.compare(unread, at_once)
    assert (found.differences, found.recognised) == ([], {EAGER_ADDED: 1})


def test_what_the_session_holds_is_not_loaded_by_its_key(pair: Pair) -> None:
    def kept(session: Session) -> None:
        book = session.get(Book, 1)
        assert session.get(Book, 1) is book

    def alone(session: Session) -> None:
        session.get(Author, 1)
        session.get(Book, 1)

    async def again(session: AsyncSession) -> None:
        await session.get(Book, 1)
        await session.scalars(select(Book).where(Book.id == 1).options(joinedload(Book.author)))

    async def eager(session: AsyncSession) -> None:
        author = (await session.scalars(select(Author).where(Author.id == 1).options(selectinload(Author.books)))).one()
        assert (await session.get(Book, 1)) in author.books

    def selected(session: Session) -> None:
        session.query(Author).filter_by(id=1).one()
        session.query(Book).filter_by(id=1).one()

    async def nothing(session: AsyncSession) -> None:
        await session.get(Author, 1)

    async def locked(session: AsyncSession) -> None:
        await session.get(Book, 1)
        await session.get(Book, 1, with_for_update=True)

    found = pair.compare(kept, again)
    assert found.differences == []
    assert found.recognised[AGAIN] == 1
    found = pair.compare(alone, eager)
    assert found.differences == []
    assert found.recognised[EAGER] == 1
    (difference,) = pair.compare(alone, nothing).differences
    assert difference.message == "Book is loaded by its key 0 times in place of 1"
    (difference,) = pair.compare(selected, eager).differences
    assert difference.kind == "missing statement"
    assert [one.kind for one in pair.compare(kept, locked).differences] == ["extra statement"]


def test_relationships_that_a_refresh_names(pair: Pair) -> None:
    async def after(session: AsyncSession) -> None:
        for author in (await session.scalars(select(Author).order_by(Author.name))).all():
            await session.refresh(author, ["books"])
            assert len(author.books) == 2

    def eager(session: Session) -> None:
        session.query(Author).options(selectinload(Author.books)).order_by(Author.name).all()

    def unread(session: Session) -> None:
        session.query(Author).order_by(Author.name).all()

    found = pair.compare(lazy_books, after)
    assert found.differences == []
    assert found.recognised[EAGER] == 3
    found = pair.compare(unread, after)
    assert found.differences == []
    assert found.recognised[EAGER_ADDED] == 1
    (difference,) = pair.compare(eager, after).differences
    assert difference.message == "Author.books is loaded 3 times in place of 1"


def test_a_flush_that_needs_an_expired_object_again(pair: Pair) -> None:
    def before(session: Session) -> None:
        author, book = session.query(Author).filter_by(name="Anna").one(), session.query(Book).filter_by(id=5).one()
        session.commit()
        book.author = author
        session.commit()

    async def after(session: AsyncSession) -> None:
        author = (await session.scalars(select(Author).filter_by(name="Anna"))).one()
        book = (await session.scalars(select(Book).filter_by(id=5).options(joinedload(Book.author)))).one()
        await session.commit()
        book.author = author
        await session.commit()

    assert pair.compare(before, after).differences == []


def test_a_deferred_column_that_is_loaded_at_once(pair: Pair) -> None:
    def before(session: Session) -> None:
        assert session.query(Author).filter_by(name="Anna").one().note is None

    async def after(session: AsyncSession) -> None:
        found = await session.scalars(select(Author).options(undefer(Author.note)).filter_by(name="Anna"))
        assert found.one().note is None

    found = pair.compare(before, after)
    assert found.differences == []
    assert found.recognised == {EAGER: 1}


def test_what_expired_before_is_kept_after(pair: Pair) -> None:
    def before(session: Session) -> None:
        author = Author(name="Ted")
        session.add(author)
        session.commit()
        assert author.name == "Ted"

    async def after(session: AsyncSession) -> None:
        author = Author(name="Ted")
        session.add(author)
        await session.commit()
        assert author.name == "Ted"

    def unread(session: Session) -> None:
        session.add(Author(name="Ted"))
        session.commit()

    async def refreshing(session: AsyncSession) -> None:
        author = Author(name="Ted")
        session.add(author)
        await session.commit()
        await session.refresh(author)

    found = pair.compare(before, after)
    assert (found.differences, found.recognised) == ([], {KEPT: 1})
    # The refresh sends what the reload sent; where nothing was read, there was no reload.
    assert pair.compare(before, refreshing).differences == []
    found = pair.compare(unread, refreshing)
    assert (found.differences, found.recognised) == ([], {REFRESHED: 1})


def test_the_order_of_tables_in_one_flush_says_nothing() -> None:
    at = CallSite("service.py", 3)
    insert = Entry("INSERT INTO tag ( name ) VALUES ( ? )", ("text",), 1, "flush", "tag", 1, at, "call")
    update = Entry("UPDATE entry SET text = ?", ("text",), 1, "flush", "entry", 1, at, "call")
    assert compare_transcripts("t", [insert, update], [update, insert]).differences == []
    elsewhere = replace(update, at=CallSite("service.py", 5))
    (difference,) = compare_transcripts("t", [insert, elsewhere], [elsewhere, insert]).differences
    assert difference.kind == "changed order"


def test_a_lost_commit(pair: Pair) -> None:
    def before(session: Session) -> None:
        session.add(Author(name="Ted"))
        session.commit()

    async def after(session: AsyncSession) -> None:
        session.add(Author(name="Ted"))
        await session.flush()

    (difference,) = pair.compare(before, after).differences
    assert (difference.kind, difference.message) == ("missing statement", "a commit is missing")


def test_a_lost_refresh(pair: Pair) -> None:
    def before(session: Session) -> None:
        session.refresh(session.query(Author).filter_by(name="Anna").one())

    async def after(session: AsyncSession) -> None:
        (await session.scalars(select(Author).filter_by(name="Anna"))).one()

    (difference,) = pair.compare(before, after).differences
    assert difference.kind == "missing statement"
    assert "refresh" in difference.message


def test_every_form_of_query_and_its_select(pair: Pair) -> None:
    def before(session: Session) -> None:
        query = session.query(Author)
        query.get(1)
        query.filter(Author.name.in_(["Anna", "Iain"])).order_by(Author.name.desc()).first()
        query.filter(Author.name.like("A%")).count()
        query.join(Author.books).filter(Book.title == "Anna 1").distinct().all()
        session.query(func.count(Author.id)).scalar()
        session.query(Author.name, func.count(Book.id).label("n")).outerjoin(Book).group_by(Author.name).order_by(
            text("n")
        ).all()
        session.query(query.filter(Author.name == "Anna").exists()).scalar()
        query.limit(2).offset(1).all()
        subquery = session.query(Book.author_id, func.max(Book.id).label("last")).group_by(Book.author_id).subquery()
        session.query(Author, subquery.c.last).join(subquery, subquery.c.author_id == Author.id).all()
        query.filter(Author.name == "Ted").update({"name": "Edward"})
        session.query(Book).filter(Book.title == "None").delete()
        session.commit()

    async def after(session: AsyncSession) -> None:
        await session.get(Author, 1)
        statement = select(Author).where(Author.name.in_(["Anna", "Iain"])).order_by(Author.name.desc()).limit(1)
        (await session.scalars(statement)).first()
        like = select(Author).where(Author.name.like("A%"))
        await session.scalar(select(func.count()).select_from(like.subquery()))
        await session.scalars(select(Author).join(Author.books).where(Book.title == "Anna 1").distinct())
        await session.scalar(select(func.count(Author.id)))
        grouped = select(Author.name, func.count(Book.id).label("n")).outerjoin(Book).group_by(Author.name)
        await session.execute(grouped.order_by(text("n")))
        await session.scalar(select(select(Author).where(Author.name == "Anna").exists()))
        await session.scalars(select(Author).limit(2).offset(1))
        last = select(Book.author_id, func.max(Book.id).label("last")).group_by(Book.author_id).subquery()
        await session.execute(select(Author, last.c.last).join(last, last.c.author_id == Author.id))
        from sqlalchemy import delete, update

        await session.execute(update(Author).where(Author.name == "Ted").values(name="Edward"))
        await session.execute(delete(Book).where(Book.title == "None"))
        await session.commit()

    found = pair.compare(before, after)
    assert found.differences == []


def test_rows_in_a_batch_or_one_by_one(pair: Pair) -> None:
    def before(session: Session) -> None:
        for name in ("p", "q", "r"):
            session.add(Author(name=name))
            session.flush()
        session.commit()

    async def after(session: AsyncSession) -> None:
        session.add_all([Author(name=name) for name in ("p", "q", "r")])
        await session.commit()

    async def fewer(session: AsyncSession) -> None:
        session.add_all([Author(name=name) for name in ("p", "q")])
        await session.commit()

    assert pair.compare(before, after).differences == []
    (difference,) = pair.compare(before, fewer).differences
    assert difference.message == "3 rows were written, now 2"


def test_savepoints_and_pings(pair: Pair) -> None:
    def before(session: Session) -> None:
        for name in ("p", "q"):
            with session.begin_nested():
                session.add(Author(name=name))
        session.commit()

    async def after(session: AsyncSession) -> None:
        await session.execute(text("SELECT 1"))
        await session.execute(select(1))
        for name in ("p", "q"):
            async with session.begin_nested():
                session.add(Author(name=name))
        await session.commit()

    async def undone(session: AsyncSession) -> None:
        for name in ("p", "q"):
            nested = await session.begin_nested()
            session.add(Author(name=name))
            await session.flush()
            await (nested.rollback() if name == "q" else nested.commit())
        await session.commit()

    assert pair.compare(before, after).differences == []
    assert [one.kind for one in pair.compare(before, undone).differences] == ["missing statement", "extra statement"]


def test_a_value_that_became_null(pair: Pair) -> None:
    def before(session: Session) -> None:
        session.query(Author).filter(Author.name == "Anna").update({"note": "x"})

    async def after(session: AsyncSession) -> None:
        from sqlalchemy import update

        await session.execute(update(Author).where(Author.name == "Anna").values(note=None))

    (difference,) = pair.compare(before, after).differences
    assert difference.kind == "changed parameters"
    assert difference.message == "its parameters were (text, text), they are (null, text)"


def test_sessions_may_interleave_but_each_keeps_its_order(pair: Pair) -> None:
    def statement(number: int) -> Any:
        return select(Author.id).where(Author.id > number * 10).limit(number)

    def before(session: Session) -> None:
        with Session(session.get_bind()) as other:
            for one in (session, other):
                one.execute(statement(1))
                one.execute(select(Book.id))

    def turns(*order: int) -> Async:
        async def after(session: AsyncSession) -> None:
            async with AsyncSession(session.bind) as other:
                statements = [iter([statement(1), select(Book.id)]), iter([statement(1), select(Book.id)])]
                for number in order:
                    await (session, other)[number].execute(next(statements[number]))

        return after

    async def swapped(session: AsyncSession) -> None:
        async with AsyncSession(session.bind) as other:
            await session.execute(statement(1))
            await session.execute(select(Book.id))
            await other.execute(select(Book.id))
            await other.execute(statement(1))

    assert pair.compare(before, turns(0, 1, 0, 1)).differences == []
    assert pair.compare(before, turns(1, 0, 0, 1)).differences == []
    assert [one.kind for one in pair.compare(before, swapped).differences] == ["changed order"]


def test_a_statement_that_fails_on_one_side(pair: Pair) -> None:
    def before(session: Session) -> None:
        session.execute(text("SELECT id FROM author WHERE id = 1"))

    async def after(session: AsyncSession) -> None:
        await session.run_sync(lambda one: one.execute(text("SELECT id FROM author WHERE id = 1")))
        with pytest.raises(Exception, match="nothing_there"):
            await session.execute(text("SELECT id FROM nothing_there"))

    (difference,) = pair.compare(before, after).differences
    assert difference.kind == "extra statement"
    assert difference.after is not None
    assert "nothing_there" in difference.after.text

"""What asked for a statement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Sequence,
    String,
    Table,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import (
    Session,
    defer,
    joinedload,
    lazyload,
    selectinload,
    subqueryload,
    undefer,
)
from tree import Branch, Driver, Leaf

from greenshift import trace

Work = Callable[[Session], object]


def first(session: Session) -> Branch:
    return session.scalars(select(Branch).where(Branch.id == 100)).one()


def lazy_collection(session: Session) -> None:
    assert len(first(session).leaves) == 2


def lazy_parent(session: Session) -> None:
    leaf = session.get_one(Leaf, 100)
    assert leaf.branch.name == "first"


def expired_attribute(session: Session) -> None:
    branch = first(session)
    session.expire(branch)
    assert branch.name == "first"


def one_expired_attribute(session: Session) -> None:
    branch = first(session)
    session.expire(branch, ["name"])
    assert branch.name == "first"


def after_rollback(session: Session) -> None:
    branch = first(session)
    session.rollback()
    assert branch.name == "first"


def deferred_column(session: Session) -> None:
    assert first(session).story == ""


def deferred_by_option(session: Session) -> None:
    branch = session.scalars(select(Branch).options(defer(Branch.name)).where(Branch.id == 100)).one()
    assert branch.name == "first"


def refreshed(session: Session) -> None:
    session.refresh(first(session))


def refreshed_relationship(session: Session) -> None:
    session.refresh(first(session), ["leaves"])


def selectin(session: Session) -> None:
    session.scalars(select(Branch).options(selectinload(Branch.leaves)).where(Branch.id == 100)).all()


def selectin_twice(session: Session) -> None:
    option = selectinload(Branch.leaves).options(lazyload(Leaf.branch))
    session.scalars(select(Branch).options(option).where(Branch.id == 100)).all()


def subquery(session: Session) -> None:
    session.scalars(select(Branch).options(subqueryload(Branch.leaves)).where(Branch.id == 100)).all()


def joined(session: Session) -> None:
    session.scalars(select(Branch).options(joinedload(Branch.leaves)).where(Branch.id == 100)).unique().all()


def options_only(session: Session) -> None:
    session.scalars(select(Branch).options(undefer(Branch.story)).where(Branch.id == 100)).one()


def flush(session: Session) -> None:
    session.add(Branch(name="new"))
    session.flush()


def autoflush(session: Session) -> None:
    session.add(Branch(name="new"))
    session.scalars(select(Leaf.id)).all()


def flush_update_and_delete(session: Session) -> None:
    branch = Branch(name="new")
    session.add(branch)
    session.flush()
    branch.name = "newer"
    session.flush()
    session.delete(branch)
    session.flush()


def orm_insert(session: Session) -> None:
    session.execute(insert(Branch), [{"name": "a", "story": ""}, {"name": "b", "story": ""}])


def orm_update(session: Session) -> None:
    session.execute(update(Branch).where(Branch.id == -1).values(name="z"))


def orm_delete(session: Session) -> None:
    session.execute(delete(Branch).where(Branch.id == -1))


def orm_update_by_key(session: Session) -> None:
    session.execute(update(Branch), [{"id": 100, "name": "first"}])


def bulk(session: Session) -> None:
    session.bulk_insert_mappings(Branch, [{"name": "a", "story": ""}])  # type: ignore[arg-type]


def bulk_objects(session: Session) -> None:
    session.bulk_save_objects([Branch(name="a", story="")])


def get(session: Session) -> None:
    assert session.get(Branch, 100) is not None


def legacy_query(session: Session) -> None:
    assert session.query(Branch).filter(Branch.id == 100).count() == 1


def counted(session: Session) -> None:
    assert session.scalar(select(func.count()).select_from(Leaf).where(Leaf.branch_id == 100)) == 2


def column_select(session: Session) -> None:
    session.execute(select(Branch.name, func.count()).group_by(Branch.name)).all()


def from_statement(session: Session) -> None:
    statement = text("SELECT id, name FROM trace_branch").columns(Branch.id, Branch.name)
    session.scalars(select(Branch).from_statement(statement)).all()


def core_in_session(session: Session) -> None:
    session.execute(select(Branch.__table__.c.id)).all()


def text_in_session(session: Session) -> None:
    session.execute(text("SELECT 1")).all()


def core(session: Session) -> None:
    session.connection().execute(select(Branch.__table__.c.id)).all()


def driver_sql(session: Session) -> None:
    session.connection().exec_driver_sql("SELECT 1").all()


def ddl(session: Session) -> None:
    table = Table("trace_temporary", MetaData(), Column("id", Integer), prefixes=["TEMPORARY"])
    table.create(session.connection(), checkfirst=False)


CASES: list[tuple[Work, list[str]]] = [
    (lazy_collection, ["select of Branch", "lazy load of Branch.leaves"]),
    (lazy_parent, ["select of Leaf", "lazy load of Leaf.branch"]),
    (expired_attribute, ["select of Branch", "expired of Branch.name"]),
    (one_expired_attribute, ["select of Branch", "expired of Branch.name"]),
    (after_rollback, ["select of Branch", "expired of Branch.name"]),
    (deferred_column, ["select of Branch", "deferred of Branch.story"]),
    (deferred_by_option, ["select of Branch", "deferred of Branch.name"]),
    (refreshed, ["select of Branch", "refresh of Branch"]),
    (selectin, ["select of Branch", "eager load of Branch.leaves"]),
    (selectin_twice, ["select of Branch", "eager load of Branch.leaves"]),
    (subquery, ["select of Branch", "eager load of Branch.leaves"]),
    (joined, ["select of Branch"]),
    (options_only, ["select of Branch"]),
    (flush, ["flush of trace_branch"]),
    (autoflush, ["flush of trace_branch", "select of Leaf"]),
    (flush_update_and_delete, ["flush of trace_branch"] * 2 + ["lazy load of Branch.leaves", "flush of trace_branch"]),
    (orm_insert, ["insert of Branch"]),
    (orm_update, ["update of Branch"]),
    (orm_delete, ["delete of Branch"]),
    (orm_update_by_key, ["update of Branch"]),
    (bulk, ["bulk of trace_branch"]),
    (bulk_objects, ["bulk of trace_branch"]),
    (get, ["select of Branch"]),
    (legacy_query, ["select of Branch"]),
    (counted, ["select of Leaf"]),
    (column_select, ["select of Branch"]),
    (from_statement, ["select of Branch"]),
    (core_in_session, ["core"]),
    (text_in_session, ["text"]),
    (core, ["core"]),
    (driver_sql, ["driver"]),
    (ddl, ["ddl"]),
]


@pytest.mark.parametrize(("work", "expected"), CASES, ids=[work.__name__ for work, _ in CASES])
def test_origin(driver: Driver, work: Work, expected: list[str]) -> None:
    def recorded(session: Session) -> trace.Recording:
        with trace.record() as recording:
            work(session)
        session.rollback()
        return recording

    recording = driver.in_session(recorded)
    assert [str(statement.origin) for statement in recording.statements] == expected
    # The second time SQLAlchemy takes the compiled statements from its cache: the answer stays the same.
    assert [str(statement.origin) for statement in driver.in_session(recorded).statements] == expected


BY_KEY: list[tuple[Callable[[Session], object], bool]] = [
    (lambda session: session.get(Branch, 100), True),
    (lambda session: session.scalars(select(Branch).where(Branch.id == 100)).one(), True),
    (lambda session: session.query(Branch).filter_by(id=100).one(), True),
    (lambda session: session.scalars(select(Branch).where(Branch.name == "first")).one(), False),
    (lambda session: session.scalars(select(Branch).where(Branch.id >= 100)).first(), False),
    (lambda session: session.scalars(select(Branch).where(Branch.id == 100, Branch.name == "first")).one(), False),
    (lambda session: session.scalars(select(Branch).where((Branch.id == 100) | (Branch.id == 100))).one(), False),
    (lambda session: session.scalars(select(Branch).where(Branch.id == 100).limit(1)).one(), True),
    (lambda session: session.scalars(select(Branch).where(Branch.id == 100).offset(0)).one(), False),
    (lambda session: session.scalars(select(Branch.id).where(Branch.id == 100)).one(), False),
    (lambda session: session.scalars(select(Branch)).first(), False),
    (lambda session: session.get(Branch, 100, with_for_update=True), False),
]


@pytest.mark.parametrize(("work", "expected"), BY_KEY)
def test_what_asks_for_one_instance_by_its_key(driver: Driver, work: Work, expected: bool) -> None:
    def recorded(session: Session) -> list[tuple[str, bool]]:
        with trace.record() as recording:
            work(session)
        return [(statement.origin.kind, statement.origin.by_key) for statement in recording.statements]

    assert driver.in_session(recorded) == [("select", expected)]


def test_refreshing_a_relationship_says_which(driver: Driver) -> None:
    def recorded(session: Session) -> list[str]:
        with trace.record() as recording:
            refreshed_relationship(session)
        return [str(statement.origin) for statement in recording.statements]

    found = driver.in_session(recorded)
    assert found[0] == "select of Branch"
    assert found[1:] in (["refresh of Branch"], ["refresh of Branch", "lazy load of Branch.leaves"])


def test_load_inside_run_sync_is_a_lazy_load(urls: dict[str, Any]) -> None:
    async def main() -> list[str]:
        engine = create_async_engine(urls["asyncpg"])
        async with AsyncSession(engine) as session:
            with trace.record() as recording:
                branch = await session.get_one(Branch, 100)
                await session.run_sync(lambda _: branch.leaves)
        await engine.dispose()
        return [str(statement.origin) for statement in recording.statements]

    assert asyncio.run(main()) == ["select of Branch", "lazy load of Branch.leaves"]


def test_lazy_loads_of_different_parents_are_told_apart_without_their_keys(driver: Driver) -> None:
    def recorded(session: Session) -> list[trace.Origin]:
        branches = [Branch(name="a"), Branch(name="b")]
        session.add_all(branches)
        session.flush()
        with trace.record() as recording:
            for _ in range(2):
                for branch in branches:
                    session.expire(branch, ["leaves"])
                    assert branch.leaves == []
        session.rollback()
        return [statement.origin for statement in recording.statements]

    parents = [origin.parent for origin in driver.in_session(recorded)]
    assert len(parents) == 4
    assert parents[0] == parents[2] != parents[1] == parents[3]
    assert all(isinstance(parent, int) for parent in parents)


def test_sequence_executed_before_an_insert(postgres: Driver) -> None:
    metadata = MetaData()
    table = Table(
        "trace_sequenced",
        metadata,
        Column("id", Integer, Sequence("trace_numbers"), primary_key=True),
        Column("name", String),
        implicit_returning=False,
    )

    def recorded(session: Session) -> list[str]:
        metadata.create_all(session.connection())
        with trace.record() as recording:
            session.connection().execute(table.insert(), {"name": "x"})
        session.rollback()
        return [str(statement.origin) for statement in recording.statements]

    assert postgres.in_session(recorded) == ["default", "core"]


def test_query_of_a_flush_listener_is_not_the_flush(driver: Driver) -> None:
    def recorded(session: Session) -> list[str]:
        def before_flush(session: Session, context: object, instances: object) -> None:
            session.execute(text("SELECT 1"))

        event.listen(session, "before_flush", before_flush)
        with trace.record() as recording:
            flush(session)
        session.rollback()
        return [str(statement.origin) for statement in recording.statements]

    assert driver.in_session(recorded) == ["text", "flush of trace_branch"]

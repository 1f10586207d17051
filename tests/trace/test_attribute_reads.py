"""Reads of watched attributes are told, and a watched attribute is in all else as before."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload, selectinload
from tree import Branch, Driver, Leaf

from greenshift import trace


def test_a_read_is_told_until_the_watch_ends(driver: Driver) -> None:
    reads: list[int] = []

    def work(session: Session) -> None:
        leaf = session.scalars(select(Leaf).options(joinedload(Leaf.branch)).where(Leaf.id == 100)).one()
        first = trace.attribute_reads.watch(Leaf.branch, lambda: reads.append(1))
        second = trace.attribute_reads.watch(Leaf.branch, lambda: reads.append(2))
        assert first is not None
        assert second is not None
        assert leaf.branch.name == "first"
        first.close()
        first.close()
        assert getattr(leaf, "branch") is not None  # noqa: B009
        second.close()
        assert leaf.branch is not None

    driver.in_session(work)
    assert reads == [1, 2, 2]
    assert type(Leaf.branch) is InstrumentedAttribute


def test_a_watched_attribute_works_in_statements_and_options(driver: Driver) -> None:
    reads: list[int] = []

    def work(session: Session) -> None:
        other = aliased(Branch)
        joined = select(Branch).join(Branch.leaves).where(Branch.leaves.any(Leaf.id == 100))
        assert session.scalars(joined).unique().one().name == "first"
        assert session.scalars(select(other).options(selectinload(other.leaves)).where(other.leaves.any())).all()
        branch = session.scalars(select(Branch).options(selectinload(Branch.leaves.and_(Leaf.id == 100)))).first()
        assert branch is not None
        leaf = Leaf(branch=branch)
        session.expunge(leaf) if leaf in session else None
        session.refresh(branch, ["leaves"])
        assert str(Branch.leaves) == "Branch.leaves"
        assert Branch.leaves.key == "leaves"

    with_watch = trace.attribute_reads.watch(Branch.leaves, lambda: reads.append(1))
    assert with_watch is not None
    before = joinedload(Branch.leaves)._generate_cache_key()
    driver.in_session(work)
    with_watch.close()
    assert joinedload(Branch.leaves)._generate_cache_key() == before
    assert reads == []


def test_what_is_not_sqlalchemys_own_is_not_watched() -> None:
    assert trace.attribute_reads.watch(Branch.__table__, lambda: None) is None

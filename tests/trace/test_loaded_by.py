"""Lazy loads and eager loads say which SELECT loaded their parents, and through which relationships."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from tree import Branch, Driver, Leaf

from greenshift import trace


def test_a_chain_of_lazy_loads_has_one_source(driver: Driver) -> None:
    def recorded(session: Session) -> list[trace.Statement]:
        with trace.instances.follow(), trace.record() as recording:
            branch = session.scalars(select(Branch).where(Branch.id == 100)).one()
            leaves = list(branch.leaves)
            session.expire(leaves[0], ["branch_id"])
            assert leaves[0].branch_id == 100
        return recording.statements

    _, lazy, expired = driver.in_session(recorded)
    assert (lazy.origin.chain, expired.origin.chain) == ((), ((Branch, "leaves"),))
    assert lazy.origin.source is expired.origin.source
    assert lazy.origin.source is not None
    assert lazy.origin.source.call_site is not None
    assert lazy.origin.source.call_site.file == __file__


def test_an_eager_load_tells_the_select_that_it_completes(driver: Driver) -> None:
    def recorded(session: Session) -> tuple[trace.LoadedBy | None, trace.LoadedBy | None]:
        with trace.instances.follow(), trace.record() as recording:
            option = selectinload(Branch.leaves)
            branch = session.scalars(select(Branch).options(option).where(Branch.id == 100)).one()
        return recording.statements[1].origin.source, trace.instances.source_of(branch)

    eager, source = driver.in_session(recorded)
    assert eager is source is not None


def test_nothing_is_told_while_nobody_follows(driver: Driver) -> None:
    def recorded(session: Session) -> list[trace.Statement]:
        with trace.record() as recording:
            leaf = session.get_one(Leaf, 100)
            assert leaf.branch.name == "first"
        return recording.statements

    assert [one.origin.source for one in driver.in_session(recorded)] == [None, None]

"""Eager loads are told, whether they have a statement of their own or not."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload, subqueryload
from tree import Branch, Driver, Leaf

from greenshift import trace


def loads(driver: Driver, *options: object, read: bool = False) -> list[str]:
    found: list[str] = []

    def note(load: trace.EagerLoad) -> None:
        source = load.source
        assert source is not None
        assert source.call_site is not None
        assert source.call_site.file == __file__
        found.append(f"{load.model.__name__}.{load.relationship.key}")

    def work(session: Session) -> None:
        with trace.instances.follow():
            subscription = trace.on_eager_load(note)
            statement = select(Branch).join(Branch.leaves).where(Branch.id == 100).options(*options)  # type: ignore[arg-type]
            branch = session.scalars(statement).unique().one()
            if read:
                assert branch.leaves
            subscription.close()
            subscription.close()
            session.expunge_all()
            session.scalars(statement).unique().one()

    driver.in_session(work)
    return found


def test_each_way_of_loading_eagerly_is_told(driver: Driver) -> None:
    for way in (selectinload, subqueryload, joinedload, contains_eager):
        assert "Branch.leaves" in loads(driver, way(Branch.leaves)), way


def test_a_lazy_load_is_none(driver: Driver) -> None:
    assert loads(driver) == []
    assert "Branch.leaves" not in loads(driver, read=True)


def test_a_chain_is_told_link_by_link(driver: Driver) -> None:
    found = loads(driver, joinedload(Branch.leaves).selectinload(Leaf.branch))
    assert "Branch.leaves" in found

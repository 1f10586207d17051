"""What the recipe is for: naive routing does not show users what they have just written."""

from __future__ import annotations

from typing import Any

from conftest import MakeSession, Sent
from greenshift.postgres import ReplicaServer
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from board.models import Article
from routing import LastWrite

CHANGED = "Second thoughts"


def naive_session(primary: Engine, replica: Engine) -> Session:
    """Writes to the primary, reads from the replica: the routing that comes to mind first."""

    class NaiveSession(Session):
        def get_bind(self, mapper: Any = None, *, clause: Any = None, **more: Any) -> Engine:
            return replica if clause is not None and clause.is_select else primary

    return NaiveSession()


def change(session: Session, number: int) -> None:
    article = session.get_one(Article, number)
    article.title = CHANGED
    session.commit()


def title(session: Session, number: int) -> str:
    return session.scalars(select(Article.title).where(Article.id == number)).one()


def test_naive_routing_shows_an_old_state(replica: ReplicaServer, engines: tuple[Engine, Engine], article: int) -> None:
    with replica.paused(), naive_session(*engines) as session:
        change(session, article)
        assert title(session, article) == "First"
        assert session.get_one(Article, article).title == "First"
    replica.wait_for()
    with naive_session(*engines) as session:
        assert title(session, article) == CHANGED


def test_the_session_sees_what_it_wrote(
    replica: ReplicaServer, make_session: MakeSession, article: int, sent: Sent
) -> None:
    with make_session() as session:
        with replica.paused():
            change(session, article)
            sent()
            assert title(session, article) == CHANGED
            assert session.get_one(Article, article).title == CHANGED
            assert set(sent()) == {"primary"}
            session.rollback()
        replica.wait_for()
        assert title(session, article) == CHANGED
        assert sent() == ["replica"]


def test_so_do_the_users_next_sessions_and_others_do_not_wait(
    replica: ReplicaServer, make_session: MakeSession, article: int, sent: Sent
) -> None:
    last_write = LastWrite()
    with replica.paused():
        with make_session(last_write=last_write) as session:
            change(session, article)
        sent()
        with make_session(last_write=last_write) as session:
            assert title(session, article) == CHANGED
            assert sent() == ["primary"]
        with make_session() as session:
            assert title(session, article) == "First"
            assert sent() == ["replica"]


def test_a_write_that_is_replayed_costs_the_primary_nothing_more(
    replica: ReplicaServer, make_session: MakeSession, article: int, sent: Sent
) -> None:
    last_write = LastWrite()
    with make_session(last_write=last_write) as session:
        change(session, article)
    assert sent.questions() == ["replica", "primary"]  # whether it is fit, and where the write ended
    replica.wait_for()
    for questions in (["replica"], [], []):
        with make_session(last_write=last_write) as session:
            assert title(session, article) == CHANGED
        assert sent.questions() == questions  # once known, it is not asked again


def test_a_stale_object_is_changed_in_vain_unless_read_from_the_primary(
    replica: ReplicaServer, engines: tuple[Engine, Engine], make_session: MakeSession, article: int
) -> None:
    # The limit of routing by statement: what a transaction changes, it must have read from the primary.
    with replica.paused():
        with make_session() as session:
            session.get_one(Article, article, bind_arguments={"using": "primary"}).votes += 1
            session.commit()
        with make_session() as session:
            session.get_one(Article, article).votes += 1  # the replica says 0
            session.commit()
        with Session(engines[0]) as session:
            assert session.get_one(Article, article).votes == 1
        with make_session() as session:
            session.get_one(Article, article, with_for_update=True).votes += 1
            session.commit()
        with make_session(using="primary") as session:
            session.get_one(Article, article).votes += 1
            session.commit()
        with Session(engines[0]) as session:
            assert session.get_one(Article, article).votes == 3


def test_a_lock_alone_does_not_renew_what_is_loaded(
    replica: ReplicaServer, engines: tuple[Engine, Engine], make_session: MakeSession, article: int
) -> None:
    with replica.paused():
        with Session(engines[0]) as session, session.begin():
            session.get_one(Article, article).votes = 7
        locked = select(Article).with_for_update()
        with make_session() as session:
            loaded = session.get_one(Article, article)
            session.scalars(locked).one()
            assert loaded.votes == 0  # SQLAlchemy keeps what it has: another transaction's 7 would be overwritten
            session.scalars(locked.execution_options(populate_existing=True)).one()
            assert loaded.votes == 7
        with make_session() as session:
            loaded = session.get_one(Article, article)
            session.get(Article, article, with_for_update=True)
            assert loaded.votes == 0
            session.get(Article, article, with_for_update=True, populate_existing=True)
            assert loaded.votes == 7
        with make_session() as session:
            loaded = session.get_one(Article, article)
            session.refresh(loaded, with_for_update=True)
            assert loaded.votes == 7

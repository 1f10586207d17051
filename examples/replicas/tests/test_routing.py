"""Which statement goes where, and where a transaction stays."""

from __future__ import annotations

import pytest
from conftest import MakeSession, Sent, reached
from greenshift.postgres import ReplicaServer
from sqlalchemy import Engine, delete, exists, func, insert, literal, select, text, union_all, update
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session, aliased, joinedload, selectinload, subqueryload

from board.models import Article, Author, Comment, article_number
from routing import Position
from routing.statements import only_reads

INSERTED = insert(Author).values(name="x").returning(Author.id).cte()
READS = {
    "select": select(Article),
    "columns": select(Article.id, func.count()).group_by(Article.id),
    "joined": select(aliased(Article)).join(Author),
    "subquery": select(Article).where(exists().where(Comment.article_id == Article.id)),
    "union": union_all(select(Article.id), select(Comment.id)),
    "values": select(literal(1), func.now()),
    "text inside": select(Article).where(text("votes > 0")),
}
OTHERS = {
    "for update": select(Article).with_for_update(),
    "for share": select(Article).with_for_update(read=True),
    "for update below": select(Article.id).where(Article.id.in_(select(Comment.article_id).with_for_update())),
    "insert in a CTE": select(INSERTED.c.id),
    "insert beside": select(Article.id).add_cte(INSERTED),
    "a sequence": select(article_number.next_value()),
    "nextval": select(func.nextval("article_number")),
    "setval in a condition": select(Article).where(func.setval("article_number", 7) > 0),
    "an advisory lock": select(func.pg_advisory_xact_lock(1)),
    "text": text("SELECT 1"),
    "from text": select(Article).from_statement(text("SELECT * FROM article")),
    "returning": select(Article).from_statement(insert(Article).returning(Article)),
    "insert": insert(Article),
    "update": update(Article).values(votes=1),
    "delete": delete(Comment),
    "nothing": None,
}


@pytest.mark.parametrize("name", READS)
def test_what_only_reads(name: str) -> None:
    assert only_reads(READS[name])


@pytest.mark.parametrize("name", OTHERS)
def test_what_does_more_than_read_or_may(name: str) -> None:
    assert not only_reads(OTHERS[name])


def test_reads_of_every_kind(make_session: MakeSession, sent: Sent, article: int) -> None:
    with make_session() as session:
        session.get(Article, article)
        session.scalars(select(Article)).all()
        session.query(Article).filter_by(votes=0).count()
        session.execute(union_all(select(Article.id), select(Comment.id))).all()
        list(session.scalars(select(Article).execution_options(yield_per=1)))
        found = session.get_one(Article, article)
        session.refresh(found)
        assert sent() == ["replica"] * 7


def test_relationships_are_loaded_from_where_the_transaction_reads(
    make_session: MakeSession, sent: Sent, article: int
) -> None:
    for load in (selectinload, subqueryload, joinedload):
        with make_session() as session:
            (found,) = session.scalars(select(Author).options(load(Author.articles))).unique()
            assert found.articles[0].comments[0].text == "Nice"  # lazily
        assert set(sent()) == {"replica"}
    with make_session(using="primary") as session:
        (found,) = session.scalars(select(Author).options(selectinload(Author.articles)))
        assert found.articles[0].comments[0].text == "Nice"
    assert sent() == ["primary"] * 3


def test_a_write_takes_the_transaction_to_the_primary(make_session: MakeSession, sent: Sent, article: int) -> None:
    with make_session() as session:
        found = session.get_one(Article, article)
        found.votes = 5
        assert session.scalars(select(Article.votes)).all() == [5]  # flushed before it
        assert found.comments[0].text == "Nice"
        assert sent() == ["replica", "primary", "primary", "primary"]
        session.commit()
        session.scalars(select(Author)).all()


def test_every_transaction_chooses_anew(
    make_session: MakeSession, sent: Sent, article: int, replica: ReplicaServer
) -> None:
    with make_session() as session:
        for end in (session.commit, session.rollback, session.close):
            session.add(Author(name="Grace"))
            session.flush()
            assert session.scalars(select(Author.name)).all()
            end()
            replica.wait_for()
            assert sent("INSERT") == ["primary"]
            session.scalars(select(Author)).all()
            assert sent() == ["replica"]
            end()


@pytest.mark.parametrize("name", [name for name in OTHERS if name not in ("nothing", "returning", "insert")])
def test_the_rest_of_the_transaction_follows(name: str, make_session: MakeSession, sent: Sent) -> None:
    with make_session() as session:
        session.scalars(select(Author)).all()
        session.execute(OTHERS[name]).close()
        session.scalars(select(Author)).all()
        assert sent() == ["replica", "primary", "primary"]


def test_returning_and_bulk_writes(make_session: MakeSession, sent: Sent, engines: tuple[Engine, Engine]) -> None:
    with make_session() as session:
        rows = [{"name": "Grace"}, {"name": "Edsger"}]
        assert [author.name for author in session.scalars(insert(Author).returning(Author), rows)] == [
            "Grace",
            "Edsger",
        ]
        session.commit()
        session.bulk_save_objects([Author(name="Barbara")])
        session.commit()
        session.bulk_insert_mappings(Author, [{"name": "Tony"}])
        session.commit()
        session.connection().exec_driver_sql("INSERT INTO author (name) VALUES ('Niklaus')")
        session.commit()
        session.execute(update(Author).values(name=Author.name + "!"))
        assert set(sent()) == {"primary"}
        session.commit()
    with Session(engines[0]) as session:
        names = session.scalars(select(Author.name).order_by(Author.id)).all()
    assert names == ["Ada!", "Grace!", "Edsger!", "Barbara!", "Tony!", "Niklaus!"]


def test_every_kind_of_write_is_noted(make_session: MakeSession, replica: ReplicaServer) -> None:
    def flush(session: Session) -> None:
        session.add(Author(name="x"))
        session.flush()

    def statement(session: Session) -> None:
        session.execute(insert(Author).values(name="x"))

    def bulk(session: Session) -> None:
        session.bulk_save_objects([Author(name="x")])

    def by_hand(session: Session) -> None:
        session.connection().exec_driver_sql("INSERT INTO author (name) VALUES ('x')")

    def in_a_savepoint(session: Session) -> None:
        with session.begin_nested():
            session.add(Author(name="x"))

    for write in (flush, statement, bulk, by_hand, in_a_savepoint):
        with make_session() as session:
            write(session)
            before = reached(replica)
            assert session.last_write.position is None
            session.commit()
            assert session.last_write.position is not None
            assert session.last_write.position > before, write
        with make_session() as session, session.begin():
            write(session)
            before = reached(replica)
        assert session.last_write.position is not None
        assert before < session.last_write.position <= Position.parse(replica.primary.position()), write


def test_reads_leave_no_note_and_rollbacks_do_no_harm(make_session: MakeSession, replica: ReplicaServer) -> None:
    with make_session() as session:
        session.scalars(select(Author)).all()
        session.commit()
        assert session.last_write.position is None
        session.add(Author(name="x"))
        session.flush()
        session.rollback()
        replica.wait_for()
        assert session.scalars(select(Author.name)).all() == ["Ada"]


def test_savepoints_stay_within_the_transaction(make_session: MakeSession, sent: Sent) -> None:
    with make_session() as session:
        session.scalars(select(Author)).all()
        with session.begin_nested() as savepoint:
            session.add(Author(name="x"))
            session.flush()
            savepoint.rollback()
        sent()
        assert session.scalars(select(Author.name)).all() == ["Ada"]
        assert sent() == ["primary"]


def test_a_statement_is_told_where_to_go(make_session: MakeSession, sent: Sent, article: int) -> None:
    here = {"using": "primary"}
    with make_session() as session:
        session.scalars(select(Author), bind_arguments=here).all()
        assert sent() == ["primary"]
        session.rollback()
        session.scalars(select(Author).execution_options(using="primary")).all()
        assert sent() == ["primary"]
        session.rollback()
        session.execute(select(Author), execution_options=here).all()
        assert sent() == ["primary"]
        session.rollback()
        session.get(Article, article, bind_arguments=here)
        assert sent() == ["primary"]
        session.rollback()
        session.execute(text("SELECT 1").execution_options(using="replica"))
        assert sent() == ["replica"]


def test_an_engine_given_by_hand_is_taken(
    make_session: MakeSession, sent: Sent, engines: tuple[Engine, Engine]
) -> None:
    with make_session() as session:
        session.scalars(select(Author), bind_arguments={"bind": engines[1]}).all()
        session.scalars(select(Author), bind_arguments={"bind": engines[0]}).all()
        assert sent() == ["replica", "primary"]


def test_the_replica_itself_refuses_to_write(engines: tuple[Engine, Engine]) -> None:
    with engines[1].connect() as connection:
        for statement in (insert(Author).values(name="x"), select(func.nextval("article_number"))):
            with pytest.raises(InternalError, match="read-only transaction") as caught:
                connection.execute(statement)
            assert caught.value.orig.sqlstate == "25006"
            connection.rollback()


def test_a_function_that_writes_is_refused_until_it_is_told(
    make_session: MakeSession, engines: tuple[Engine, Engine], replica: ReplicaServer
) -> None:
    with engines[0].begin() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION sign_up(text) RETURNS bigint LANGUAGE sql AS "
            "'INSERT INTO author (name) VALUES ($1) RETURNING id'"
        )
    replica.wait_for()
    with make_session() as session, pytest.raises(InternalError, match="INSERT in a read-only transaction"):
        session.scalar(select(func.sign_up("Grace")))
    with make_session() as session:
        assert session.scalar(select(func.sign_up("Grace")).execution_options(using="primary"))
        session.commit()
        assert session.scalar(select(func.count()).select_from(Author)) == 2


def test_two_phases_keep_to_the_primary(make_session: MakeSession, sent: Sent) -> None:
    with make_session(twophase=True) as session:
        session.scalars(select(Author)).all()
        session.add(Author(name="Grace"))
        session.prepare()
        session.commit()
        assert session.last_write.position is not None
    assert set(sent()) == {"primary"}


def test_a_replica_cannot_prepare(engines: tuple[Engine, Engine]) -> None:
    with engines[1].connect() as connection, pytest.raises(InternalError, match="during recovery"):
        connection.execute(text("PREPARE TRANSACTION 'never'"))

"""A replica that is down, behind, cut off or promoted is left alone, and comes back by itself."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import MakeSession, Sent
from greenshift.postgres import OwnedServer, ReplicaServer
from psycopg import sql
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import sessionmaker

from board.models import Author
from routing import Databases, LastWrite, Position, Replica, RoutingSession
from routing.position import UNKNOWN


class Clock:
    """A clock that stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def on(databases: Databases) -> MakeSession:
    return sessionmaker(class_=RoutingSession, databases=databases)


def read(make_session: MakeSession, last_write: LastWrite | None = None) -> None:
    with make_session(last_write=last_write) as session:
        session.scalars(select(Author)).all()


def write(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO author (name) VALUES ('x')"))


def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < limit
        time.sleep(0.005)


def receive(replica: ReplicaServer) -> None:
    """Wait until a replica has received what the primary has written, though it may not have replayed it."""
    with replica.connect() as connection:
        position = replica.primary.position()
        query = "SELECT pg_last_wal_receive_lsn() >= %s::pg_lsn"
        until(lambda: connection.execute(query, (position,)).fetchone() == (True,))


def test_a_replica_behind_the_limit_is_not_read(
    replica: ReplicaServer, engines: tuple[Engine, Engine], clock: Clock, sent: Sent
) -> None:
    strict = on(Databases(engines[0], [Replica(engines[1], lag_limit=0, clock=clock)]))
    lenient = on(Databases(engines[0], [Replica(engines[1], lag_limit=3600, clock=clock)]))
    with replica.paused():
        write(engines[0])
        receive(replica)
        sent()
        read(strict)
        read(lenient)
        assert sent() == ["primary", "replica"]
    replica.wait_for()
    read(strict)
    assert sent() == ["primary"]  # the answer holds for a while
    clock.now += 1
    read(strict)
    assert sent() == ["replica"]


def test_it_is_asked_once_in_a_while(engines: tuple[Engine, Engine], clock: Clock, sent: Sent) -> None:
    make_session = on(Databases(engines[0], [Replica(engines[1], check_every=2, clock=clock)]))
    for seconds, questions in ((0, ["replica"]), (1.9, []), (0.1, ["replica"]), (0, [])):
        clock.now += seconds
        read(make_session)
        assert sent.questions() == questions


def test_a_transaction_stays_where_it_began(
    engines: tuple[Engine, Engine], clock: Clock, replica: ReplicaServer, sent: Sent
) -> None:
    make_session = on(Databases(engines[0], [Replica(engines[1], lag_limit=0, clock=clock)]))
    with make_session() as session:
        session.scalars(select(Author)).all()
        with replica.paused():
            write(engines[0])
            receive(replica)
            clock.now += 5
            sent()
            assert len(session.scalars(select(Author)).all()) == 1
            assert sent() == ["replica"]


def test_without_replicas_all_goes_to_the_primary(engines: tuple[Engine, Engine], sent: Sent) -> None:
    read(on(Databases(engines[0], [])))
    assert sent() == ["primary"]


@pytest.fixture
def second(replica: ReplicaServer) -> Iterator[ReplicaServer]:
    """Another replica of the primary, to be ill-treated."""
    assert isinstance(replica.primary, OwnedServer)
    with replica.primary.replica() as second:
        yield second


@pytest.fixture
def engine(second: ReplicaServer, sent: Sent) -> Iterator[Engine]:
    engine = create_engine(second.url(driver="psycopg"))
    sent.listen(engine, "second")
    yield engine
    engine.dispose()


def test_several_take_turns_and_one_that_has_not_replayed_is_left_out(
    replica: ReplicaServer, engines: tuple[Engine, Engine], second: ReplicaServer, engine: Engine, sent: Sent
) -> None:
    make_session = on(Databases(engines[0], [Replica(engines[1]), Replica(engine)]))
    for _ in range(4):
        read(make_session)
    assert sent() == ["replica", "second", "replica", "second"]
    last_write = LastWrite()
    with replica.paused():
        with make_session(last_write=last_write) as session:
            session.add(Author(name="Grace"))
            session.commit()
        second.wait_for()
        sent()
        for _ in range(3):
            read(make_session, last_write)
        assert sent() == ["second"] * 3


def test_one_that_goes_down_costs_one_request_at_most(
    engines: tuple[Engine, Engine], second: ReplicaServer, engine: Engine, clock: Clock, sent: Sent
) -> None:
    only = Replica(engine, clock=clock)
    make_session = on(Databases(engines[0], [only]))
    read(make_session)
    os.kill(second.supervised.postmaster, signal.SIGQUIT)
    second.last_words(5)
    with pytest.raises(OperationalError):
        read(make_session)
    assert only.state.reason == "its connection broke"
    sent()
    for _ in range(2):
        read(make_session)
        clock.now += 1  # it is asked again, in vain
    assert sent() == ["primary", "primary"]
    assert only.state.reason == "it does not answer: OperationalError"


def test_one_that_was_never_there(engines: tuple[Engine, Engine], sent: Sent) -> None:
    nowhere = create_engine("postgresql+psycopg://nobody@/x?host=/nowhere")
    read(on(Databases(engines[0], [Replica(nowhere)])))
    assert sent() == ["primary"]


def test_one_that_receives_nothing_any_more(
    engines: tuple[Engine, Engine], second: ReplicaServer, engine: Engine, clock: Clock, sent: Sent
) -> None:
    # All that it received is replayed, so its lag seems to be 0.
    only = Replica(engine, clock=clock)
    make_session = on(Databases(engines[0], [only]))
    read(make_session)
    assert sent() == ["second"]
    with second.connect() as connection:
        ((source,),) = connection.execute("SHOW primary_conninfo").fetchall()
        connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
        connection.execute("SELECT pg_reload_conf()")
        query = "SELECT count(*) FROM pg_stat_wal_receiver"
        until(lambda: connection.execute(query).fetchone() == (0,))
        clock.now += 1
        read(make_session)
        assert (sent(), only.state.reason) == (["primary"], "it follows no primary")
        connection.execute(sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(str(source)))
        connection.execute("SELECT pg_reload_conf()")
        until(lambda: connection.execute(query).fetchone() == (1,))
    clock.now += 1
    read(make_session)
    assert (sent(), only.state.reason) == (["second"], None)


def test_one_that_was_promoted(
    engines: tuple[Engine, Engine], second: ReplicaServer, engine: Engine, sent: Sent
) -> None:
    with second.connect() as connection:
        assert connection.execute("SELECT pg_promote()").fetchone() == (True,)
    read(on(Databases(engines[0], [Replica(engine)])))
    assert sent() == ["primary"]


def test_a_primary_that_does_not_tell_its_position(engines: tuple[Engine, Engine]) -> None:
    # The write is done all the same: it must not seem to have failed, and is not forgotten.
    assert Databases(create_engine("postgresql+psycopg://nobody@/x?host=/nowhere"), []).written() == UNKNOWN
    assert Databases(engines[1], []).written() == UNKNOWN  # a replica does not write


def test_the_position_after_a_write_is_the_primarys(engines: tuple[Engine, Engine], replica: ReplicaServer) -> None:
    databases = Databases(engines[0], [])
    before = databases.written()
    write(engines[0])
    assert before < databases.written() <= Position.parse(replica.primary.position())


def test_whoever_may_log_in_may_ask(engines: tuple[Engine, Engine], replica: ReplicaServer) -> None:
    with engines[0].begin() as connection:
        connection.execute(text("CREATE ROLE reader LOGIN"))
    try:
        replica.wait_for()
        plain = create_engine(engines[1].url.set(username="reader"))
        with plain.connect() as connection:
            assert connection.scalar(select(func.current_user())) == "reader"
        only = Replica(plain)
        assert only.serves(None), only.state
        plain.dispose()
    finally:
        with engines[0].begin() as connection:
            connection.execute(text("DROP ROLE reader"))

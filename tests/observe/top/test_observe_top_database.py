"""What is shown of real servers: PostgreSQL 15 with pg_stat_statements, and 18."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from explain.pgbouncer import PROGRAM, pgbouncer, through
from psycopg import sql

from greenshift.observe.top.address import DatabaseAddress, read_address
from greenshift.observe.top.command import run
from greenshift.observe.top.database import queries
from greenshift.observe.top.database.source import DatabaseSource
from greenshift.observe.top.database.state import BlockedSession, DatabaseState
from greenshift.observe.top.display.database import database_sections
from greenshift.observe.top.errors import SourceError
from greenshift.postgres import Server


def source_of(server: Server, user: str | None = None) -> DatabaseSource:
    address = read_address(server.url("postgres"))
    assert isinstance(address, DatabaseAddress)
    arguments = dict(address.arguments)
    if user is not None:
        arguments["user"] = user
    return DatabaseSource(DatabaseAddress(address.shown, arguments))


def state_of(server: Server, user: str | None = None) -> DatabaseState:
    source = source_of(server, user)
    try:
        state = source.read().database
    finally:
        source.close()
    assert state is not None
    return state


@contextmanager
def queue_for_a_row(server: Server) -> Iterator[dict[str, int]]:
    """One session holds a row and does nothing; one waits for it; one waits for another row, which that one holds."""
    with ExitStack() as stack:

        def connect(name: str) -> psycopg.Connection[Any]:
            arguments = server.address.connection_arguments("postgres")
            return stack.enter_context(psycopg.connect(**arguments, application_name=name))  # type: ignore[arg-type]

        holder, first, second, idle = (connect(name) for name in ("billing", "web", "worker", "spare"))
        stack.callback(lambda: [thread.join(10) for thread in threads])
        stack.callback(holder.rollback)
        holder.execute("UPDATE accounts SET balance = 1 WHERE id = 1")
        first.execute("UPDATE accounts SET balance = 2 WHERE id = 2")
        threads: list[threading.Thread] = []
        for connection, row in ((first, 1), (second, 2)):

            def update(connection: psycopg.Connection[Any] = connection, row: int = row) -> None:
                connection.execute(f"UPDATE accounts SET balance = 3 WHERE id = {row}".encode())
                connection.rollback()

            threads.append(threading.Thread(target=update))
            threads[-1].start()
        names = {"holder": holder, "first": first, "second": second, "idle": idle}
        pids = {name: connection.info.backend_pid for name, connection in names.items()}
        with server.connect() as observer:
            query = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = ANY(%s)"
            wait_until(lambda: observer.execute(query, [list(pids.values())]).fetchone() == (2,))
        yield pids


def test_sessions_transactions_and_who_blocks_whom(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with queue_for_a_row(server) as pids:
        state = state_of(server)
        assert run([server.url("postgres")], once=True) == 0
        shown = capsys.readouterr().out
        assert run([server.url("postgres", "asyncpg")], once=True, as_json=True) == 0
        document = json.loads(capsys.readouterr().out)
    sessions = {session.pid: session for session in state.sessions}
    holder, first, idle = sessions[pids["holder"]], sessions[pids["first"]], sessions[pids["idle"]]
    assert (holder.state, holder.wait, holder.application) == ("idle in transaction", None, "billing")
    assert holder.statement == "UPDATE accounts SET balance = 1 WHERE id = 1"
    assert 0 <= (holder.state_seconds or -1) <= (holder.transaction_seconds or -1) < 60
    assert (first.state, first.wait) == ("active", "Lock:transactionid")
    assert (idle.state, idle.transaction_seconds) == ("idle", None)
    edges = {blocked.pid: blocked.by for blocked in state.blocked}
    assert edges == {pids["first"]: (pids["holder"],), pids["second"]: (pids["first"],)}
    assert all(blocked.seconds is not None and 0 <= blocked.seconds < 60 for blocked in state.blocked)
    assert state.limits == () or "pg_stat_statements" in state.limits[0]
    # Those that wait stand below the one they wait for.
    tree = shown.partition("Blocked")[2].splitlines()[2:5]
    assert [line.split()[0] for line in tree] == [str(pids["holder"]), "└", "└"]
    assert [line.index("└") for line in tree[1:]] == [0, 2]
    assert [str(pids[name]) in line for name, line in zip(("holder", "first", "second"), tree, strict=True)] == [
        True
    ] * 3
    idle_line = shown.partition("Idle in transaction")[2].splitlines()[2]
    assert idle_line.split()[0] == str(pids["holder"])
    assert "UPDATE accounts SET balance = 1" in idle_line
    assert "2 Lock:transactionid" in shown
    assert f"PostgreSQL {server.version // 10000}." in shown
    assert max(map(len, shown.splitlines())) <= 80
    (source,) = document["sources"]
    assert {one["pid"]: one["by"] for one in source["database"]["blocked"]} == {
        pid: list(by) for pid, by in edges.items()
    }


def test_statements_that_took_most_time(installed_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with installed_server.connect() as connection:
        connection.execute("SELECT pg_stat_statements_reset()")
        for _ in range(3):
            connection.execute("SELECT pg_sleep(0.05), %s::text", ["geheim"])
        connection.execute("ALTER ROLE poor PASSWORD 'geheim'")
    state = state_of(installed_server)
    assert state.limits == ()
    assert state.statements is not None
    slowest = state.statements[0]
    assert (slowest.calls, slowest.rows) == (3, 3)
    assert "pg_sleep($" in (slowest.statement or "")
    assert slowest.total_seconds == pytest.approx(3 * slowest.mean_seconds)
    assert 0.05 <= slowest.mean_seconds <= slowest.max_seconds < 1
    assert not any("pg_stat_activity" in (one.statement or "") for one in state.statements)
    run([installed_server.url("postgres")], once=True)
    run([installed_server.url("postgres")], once=True, as_json=True)
    shown = capsys.readouterr().out
    assert "pg_sleep($" in shown
    assert "PASSWORD '***'" in shown
    assert "geheim" not in shown


def test_a_user_who_may_not_see_others_is_told_so(installed_server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with queue_for_a_row(installed_server) as pids:
        state = state_of(installed_server, "poor")
        url = installed_server.url("postgres").replace("//postgres@", "//poor@")
        assert run([url], once=True) == 0
    shown = capsys.readouterr().out
    hidden = [session for session in state.sessions if session.pid in pids.values()]
    assert len(hidden) == 4
    assert all(session.state is None and session.statement is None for session in hidden)
    # Who waits for whom, everybody may know.
    assert {blocked.pid: blocked.by for blocked in state.blocked} == {
        pids["first"]: (pids["holder"],),
        pids["second"]: (pids["first"],),
    }
    assert "GRANT pg_read_all_stats TO poor" in state.limits[0]
    assert "GRANT pg_read_all_stats TO poor" in " ".join(shown.split())
    assert "balance = 1" not in shown
    with installed_server.connect() as connection:
        connection.execute("GRANT pg_read_all_stats TO poor")
        try:
            assert state_of(installed_server, "poor").limits == ()
        finally:
            connection.execute("REVOKE pg_read_all_stats FROM poor")


def test_what_is_missing_is_said(embedded_server: Server) -> None:
    with embedded_server.connect() as connection:
        assert "CREATE EXTENSION" in state_of(embedded_server).limits[0]
        connection.execute("ALTER SYSTEM SET track_activities = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            assert wait_until(lambda: any("track_activities" in one for one in state_of(embedded_server).limits))
        finally:
            connection.execute("ALTER SYSTEM RESET track_activities")
            connection.execute("SELECT pg_reload_conf()")


def test_rates_follow_from_two_readings(server: Server) -> None:
    source = source_of(server)
    first = source.read().database
    with server.connect() as connection:
        for _ in range(50):
            connection.execute("SELECT count(*) FROM accounts")
    # Servers before 15 tell others a moment later; a session tells at its end at the latest.
    second = source.read().database
    source.close()
    assert first is not None
    assert second is not None
    assert first.previous is None
    assert second.previous == first.counters
    assert second.counters.commits >= first.counters.commits + 40
    assert second.counters.at > first.counters.at


def test_statistics_are_read_no_more_than_every_ten_seconds(installed_server: Server) -> None:
    now = [0.0]
    address = read_address(installed_server.url("postgres"))
    assert isinstance(address, DatabaseAddress)
    source = DatabaseSource(address, clock=lambda: now[0])

    def known() -> bool:
        state = source.read().database
        assert state is not None
        return any("read_me" in (one.statement or "") for one in state.statements or ())

    assert not known()
    with installed_server.connect() as connection:
        connection.execute("SELECT pg_sleep(0.2) AS read_me")
    now[0] = 9.0
    assert not known()
    now[0] = 11.0
    assert known()
    source.close()


def test_a_pooler_in_transaction_mode_may_stand_before_it(embedded_server: Server) -> None:
    assert PROGRAM is not None, "install it (Debian: apt-get install pgbouncer)"
    with pgbouncer(embedded_server.url("postgres", "psycopg")) as folder:
        address = read_address(through(embedded_server.url("postgres", "psycopg"), folder))
        assert isinstance(address, DatabaseAddress)
        source = DatabaseSource(address)
        first, second = source.read().database, source.read().database
        source.close()
    assert first is not None
    assert second is not None
    assert second.previous == first.counters


def test_a_server_that_went_away_is_reached_again(installed_server: Server) -> None:
    source = source_of(installed_server)
    source.read()
    with installed_server.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'greenshift top'"
        )
    with pytest.raises(SourceError, match=r"terminat|closed"):
        source.read()
    assert source.read().database is not None
    source.close()


@pytest.mark.parametrize(
    ("change", "part"),
    [({"dbname": "nowhere"}, "nowhere"), ({"user": "nobody"}, "nobody"), ({"port": "1"}, "No such file|refused")],
)
def test_why_a_server_does_not_answer(
    installed_server: Server, change: dict[str, str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = source_of(installed_server)
    source._address.arguments.update(change, password="geheim")
    with pytest.raises(SourceError, match=part) as refused:
        source.read()
    assert len(str(refused.value).splitlines()) == 2
    assert "geheim" not in str(refused.value)


def test_before_14_nobody_knows_since_when(installed_server: Server) -> None:
    with queue_for_a_row(installed_server) as pids, installed_server.connect() as connection:
        query = sql.SQL(queries.BLOCKED).format(since=sql.SQL(queries.NO_WAIT_START))
        assert {(row[0], row[5]) for row in connection.execute(query)} == {
            (pids["first"], None),
            (pids["second"], None),
        }


def test_those_that_wait_in_a_circle_are_shown_once(installed_server: Server) -> None:
    from dataclasses import replace

    circle = tuple(BlockedSession(pid, (by,), "tuple", "ShareLock", None, 1.0) for pid, by in ((1, 2), (2, 3), (3, 1)))
    prepared = BlockedSession(4, (0, 1), "relation", "AccessExclusiveLock", "accounts", None)
    state = replace(state_of(installed_server), blocked=(*circle, prepared))
    rows = database_sections(state)[0].rows
    assert [str(row[0]).strip("└ ") for row in rows] == ["prepared", "4", "1", "3", "2"]
    assert str(rows[1][3]) == "accounts AccessExclusive, also 1"


def wait_until(true: Callable[[], bool], seconds: float = 10) -> bool:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if true():
            return True
        time.sleep(0.02)
    return False

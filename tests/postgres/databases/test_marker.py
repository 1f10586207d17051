"""Markers, names, runs and what dead runs leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_templates import template_of

from greenshift.postgres import DatabaseError, Marker, Run, Server, drop_database, list_databases, reap
from greenshift.postgres.databases.marker import (
    comment_statement,
    database_name,
    kept_name,
    read_marker,
    slug,
    template_name,
)

SCHEMA = "CREATE TABLE t(id int)"
VICTIM = """
import sys, time
from greenshift.postgres import Address, Run, Server, Template, TemplateSource

host, port, user, version = sys.argv[1:]
server = Server(Address(host, int(port), user), provider="url", version=int(version), owned=False)
run = Run.start(server)
template = Template.ensure(server, run, TemplateSource("victim", lambda target: None, "a victim"))
left = template.clone(run, "left")
kept = template.clone(run, "kept")
kept.keep("by a victim")
print(run.id, flush=True)
time.sleep(60)
"""


@given(
    st.sampled_from(["template", "database", "kept"]),
    st.text(max_size=30),
    st.datetimes(timezones=st.just(UTC)),
    st.booleans(),
)
def test_a_marker_survives_being_written_and_read(kind: str, text: str, created: datetime, complete: bool) -> None:
    marker = Marker(kind, text, created.replace(microsecond=0), complete, text, text)  # type: ignore[arg-type]
    assert Marker.parse(marker.text()) == marker


@pytest.mark.parametrize(
    "comment",
    [
        None,
        "",
        "a database",
        "{",
        "{}",
        "[]",
        '{"greenshift": 2}',
        '{"greenshift": 1, "kind": "other"}',
        '{"greenshift": 1, "kind": "kept"}',
        "null",
    ],
)
def test_other_comments_are_no_markers(comment: str | None) -> None:
    assert Marker.parse(comment) is None


@given(st.text(), st.text())
def test_names_fit_and_different_texts_stay_apart(one: str, other: str) -> None:
    for name in (slug(one, 20), database_name("0123456789", one), kept_name(one), template_name(one)):
        assert len(name) <= 63
        assert name.encode().isascii()
    assert len(slug(one, 20)) <= 20
    if one != other:
        assert kept_name(one) != kept_name(other)


def names(server: Server) -> set[str]:
    return {database.name for database in list_databases(server)}


def test_a_run_drops_what_it_made(any_server: Server) -> None:
    with Run.start(any_server) as run:
        made = template_of(any_server, run, SCHEMA).clone(run, "one").name
        assert made in names(any_server)
        assert made.startswith(f"greenshift_{run.id}_one")
    assert made not in names(any_server)


def test_two_runs_on_one_server_do_not_meet(any_server: Server) -> None:
    with Run.start(any_server) as one, Run.start(any_server) as other:
        first = template_of(any_server, one, SCHEMA).clone(one, "gw0")
        second = template_of(any_server, other, SCHEMA).clone(other, "gw0")
        assert first.name != second.name
        with first.connect() as connection:
            connection.execute("INSERT INTO t VALUES (1)")
        second.rewind()
        one.close()
        with second.connect() as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_processes_that_share_a_run_drop_only_their_own(any_server: Server) -> None:
    with Run.start(any_server) as controller:
        template = template_of(any_server, controller, SCHEMA)
        with Run.start(any_server, controller.id) as worker:
            made = template.clone(worker, "worker").name
            kept = template.clone(controller, "controller").name
        assert made not in names(any_server)
        assert kept in names(any_server)
        assert reap(any_server, older_than=0) == []


def test_leftovers_of_a_killed_run_are_reaped_and_nothing_else(any_server: Server, run: Run) -> None:
    address = any_server.address
    arguments = [address.host, str(address.port), address.user, str(any_server.version)]
    victim = subprocess.Popen([sys.executable, "-c", VICTIM, *arguments], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    identifier = victim.stdout.readline().strip()
    own = template_of(any_server, run, SCHEMA).clone(run, "alive").name
    left, kept = f"greenshift_{identifier}_left", kept_name("by a victim")
    with any_server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS greenshift_stranger")
        connection.execute("CREATE DATABASE greenshift_stranger")
        assert reap(any_server, older_than=0) == []
        os.kill(victim.pid, signal.SIGKILL)
        victim.wait()
        victim.stdout.close()
        assert reap(any_server) == []
        while connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (left,)).fetchone() != (
            0,
        ):
            pass
        assert sorted(reap(any_server, older_than=0)) == sorted([left, f"greenshift_{identifier}_kept"])
        assert {own, kept} <= names(any_server)
        assert read_marker(connection, "greenshift_stranger") == (True, None)
        connection.execute("DROP DATABASE greenshift_stranger")
    drop_database(any_server, kept)


def test_only_old_leftovers_and_unfinished_templates_are_reaped(any_server: Server, run: Run) -> None:
    now = run.now()
    cases = {
        "greenshift_old": (Marker("database", "dead", now - timedelta(seconds=90)), True),
        "greenshift_young": (Marker("database", "dead", now - timedelta(seconds=30)), False),
        "greenshift_half": (Marker("template", "dead", now - timedelta(days=1), complete=False), True),
        "greenshift_whole": (Marker("template", "dead", now - timedelta(days=1)), False),
        "greenshift_kept": (Marker("kept", "dead", now - timedelta(days=100)), False),
        "greenshift_mine": (Marker("database", run.id, now - timedelta(days=1)), False),
    }
    with any_server.connect() as connection:
        for name, (marker, _) in cases.items():
            connection.execute(f"CREATE DATABASE {name}".encode())
            connection.execute(comment_statement(name, marker))
    assert sorted(reap(any_server)) == [name for name, (_, reaped) in sorted(cases.items()) if reaped]
    for name, (_, reaped) in cases.items():
        if not reaped:
            drop_database(any_server, name)


def test_a_run_whose_session_was_ended_takes_its_lock_again(any_server: Server) -> None:
    with Run.start(any_server) as run:
        template = template_of(any_server, run, SCHEMA)
        with any_server.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'greenshift run'"
            )
        made = template.clone(run, "again").name
        assert reap(any_server, older_than=0) == []
        assert made in names(any_server)


def test_an_unreachable_server_is_said_in_one_line() -> None:
    from greenshift.postgres import Address

    nowhere = Server(Address("127.0.0.1", 1, "me", "secret"), provider="url", version=180000, owned=False)
    with pytest.raises(DatabaseError) as caught:
        Run.start(nowhere)
    assert "\n" not in caught.value.problem
    assert "secret" not in str(caught.value)


def test_a_failed_statement_keeps_the_following_ones_from_being_carried_out(any_server: Server, run: Run) -> None:
    with any_server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS greenshift_taken")
        connection.execute("CREATE DATABASE greenshift_taken")
        with pytest.raises(psycopg.errors.DuplicateDatabase):
            run.execute(
                psycopg.sql.SQL("CREATE DATABASE greenshift_taken"),
                comment_statement("greenshift_taken", run.marker("database")),
            )
        assert read_marker(connection, "greenshift_taken") == (True, None)
        connection.execute("DROP DATABASE greenshift_taken")

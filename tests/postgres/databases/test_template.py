"""Templates: built once, by one process among many, marked complete last, never kept half-built."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from made_templates import template_of

from greenshift.postgres import (
    ForeignDatabaseError,
    Run,
    Server,
    Template,
    TemplateError,
    TemplateSource,
    TemplateTarget,
    list_databases,
    reap,
)
from greenshift.postgres.databases.marker import Marker, comment_statement, read_marker

RACER = """
import sys, time
from greenshift.postgres import Address, Run, Server, Template, TemplateSource

host, port, user, version, fingerprint = sys.argv[1:]
server = Server(Address(host, int(port), user), provider="url", version=int(version), owned=False)

def build(target):
    with target.connect() as connection:
        connection.execute("CREATE TABLE built(at timestamptz)")
        connection.execute("INSERT INTO built VALUES (clock_timestamp())")
    time.sleep(0.2)

with Run.start(server) as run:
    template = Template.ensure(server, run, TemplateSource(fingerprint, build, "a race"))
    with template.clone(run, "racer").connect() as connection:
        print(template.name, template.built, connection.execute("SELECT at FROM built").fetchone()[0])
"""


def source(fingerprint: str, statement: str = "CREATE TABLE t(id int)") -> TemplateSource:
    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            connection.execute(statement.encode())

    return TemplateSource(fingerprint, build, "the test")


def names(server: Server) -> set[str]:
    return {database.name for database in list_databases(server)}


def test_is_built_once_and_found_again(any_server: Server, run: Run) -> None:
    said: list[str] = []
    first = Template.ensure(any_server, run, source("found again"), say=said.append)
    second = Template.ensure(any_server, run, source("found again"), say=said.append)
    assert (first.built, second.built, first.name) == (True, False, second.name)
    assert first.build_seconds > 0
    assert second.build_seconds == 0
    assert said == ["building the template of the test"]


def test_another_fingerprint_or_format_is_another_template(
    any_server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [Template.ensure(any_server, run, source(text)).name for text in ("one", "two")]
    monkeypatch.setattr("greenshift.postgres.databases.template.FORMAT", 10**6)
    made.append(Template.ensure(any_server, run, source("one")).name)
    assert len(set(made)) == 3


def test_is_rebuilt_when_asked_but_not_twice_by_one_run(any_server: Server) -> None:
    with Run.start(any_server) as run:
        assert Template.ensure(any_server, run, source("rebuilt")).built
    with Run.start(any_server) as run, Run.start(any_server, run.id) as worker:
        assert Template.ensure(any_server, run, source("rebuilt"), rebuild=True).built
        assert not Template.ensure(any_server, worker, source("rebuilt"), rebuild=True).built


def test_eight_processes_build_it_once(any_server: Server) -> None:
    address = any_server.address
    fingerprint = f"race {os.getpid()} {time.monotonic()}"
    arguments = [address.host, str(address.port), address.user, str(any_server.version), fingerprint]
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER, *arguments], stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    answers = [racer.communicate(timeout=60)[0].split(maxsplit=2) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * 8
    assert sorted(built for _, built, _ in answers) == ["False"] * 7 + ["True"]
    assert len({(name, at) for name, _, at in answers}) == 1


def test_a_failing_build_is_reported_by_its_own_error_and_never_kept(any_server: Server, run: Run) -> None:
    before = names(any_server)
    with pytest.raises(TemplateError) as caught:
        Template.ensure(any_server, run, source("failing", "CREATE TABEL t()"))
    assert isinstance(caught.value.__cause__, psycopg.errors.SyntaxError)
    assert 'syntax error at or near "TABEL"' in caught.value.problem
    assert "\n" not in caught.value.problem
    assert names(any_server) == before
    assert Template.ensure(any_server, run, source("failing")).built


def test_an_interrupted_build_leaves_nothing(any_server: Server, run: Run) -> None:
    before = names(any_server)

    def build(target: TemplateTarget) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Template.ensure(any_server, run, TemplateSource("interrupted", build, "the test"))
    assert names(any_server) == before


def test_a_half_built_one_of_a_killed_process_is_built_anew(any_server: Server, run: Run) -> None:
    name = Template.ensure(any_server, run, source("half")).name
    with any_server.connect() as connection:
        marker = read_marker(connection, name)[1]
        assert marker is not None
        connection.execute(f"ALTER DATABASE {name} IS_TEMPLATE false ALLOW_CONNECTIONS true".encode())
        connection.execute(comment_statement(name, Marker("template", "dead", marker.created, complete=False)))
    with any_server.connect(name) as connection:
        connection.execute("DROP TABLE t")
    again = Template.ensure(any_server, run, source("half"))
    assert (again.name, again.built) == (name, True)
    with again.clone(run, "half").connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)


def test_a_stranger_under_its_name_is_left_alone(any_server: Server, run: Run) -> None:
    name = Template.ensure(any_server, run, source("stranger")).name
    with any_server.connect() as connection:
        connection.execute(f"COMMENT ON DATABASE {name} IS 'mine'".encode())
        with pytest.raises(ForeignDatabaseError):
            Template.ensure(any_server, run, source("stranger"))
        assert read_marker(connection, name) == (True, None)
        connection.execute(f"ALTER DATABASE {name} IS_TEMPLATE false".encode())
        connection.execute(f"DROP DATABASE {name}".encode())


def test_connections_that_the_build_left_open_do_not_matter(any_server: Server, run: Run) -> None:
    left: list[psycopg.Connection[tuple[object, ...]]] = []

    def build(target: TemplateTarget) -> None:
        connection = target.connect()
        left.append(connection)
        connection.execute("CREATE TABLE t(id int)")
        connection.execute("BEGIN; INSERT INTO t VALUES (1)")

    template = Template.ensure(any_server, run, TemplateSource("left open", build, "the test"))
    with template.clone(run, "left").connect() as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    left[0].close()


def test_nobody_connects_to_a_finished_one(any_server: Server, run: Run) -> None:
    template = Template.ensure(any_server, run, source("closed"))
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        any_server.connect(template.name)


def test_many_threads_clone_it_at_once(any_server: Server, run: Run) -> None:
    template = template_of(any_server, run, "CREATE TABLE many(id int)")
    made: list[str] = []

    def clone(number: int) -> None:
        with Run.start(any_server) as own:
            database = template.clone(own, f"thread{number}")
            assert database.rewind().recloned is None
            made.append(database.name)

    threads = [threading.Thread(target=clone, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 4


def test_a_killed_builder_lets_the_next_one_build(any_server: Server, run: Run, tmp_path: Path) -> None:
    address = any_server.address
    fingerprint = f"killed {os.getpid()} {time.monotonic()}"
    started = tmp_path / "started"
    slow = RACER.replace("time.sleep(0.2)", f"open({str(started)!r}, 'w').close(); time.sleep(60)")
    arguments = [address.host, str(address.port), address.user, str(any_server.version), fingerprint]
    builder = subprocess.Popen([sys.executable, "-c", slow, *arguments])
    while not started.exists():
        time.sleep(0.01)
    builder.kill()
    builder.wait()
    template = Template.ensure(any_server, run, source(fingerprint))
    assert template.built
    (left,) = [name for name in names(any_server) if name.startswith(f"{template.name}_")]
    limit = time.monotonic() + 10
    while left not in reap(any_server, older_than=0) and time.monotonic() < limit:
        time.sleep(0.01)
    assert left not in names(any_server)
    with template.clone(run, "killed").connect() as connection:
        assert connection.execute("SELECT to_regclass('built') IS NULL, to_regclass('t') IS NULL").fetchone() == (
            True,
            False,
        )


def test_clones_are_made_while_another_run_rebuilds_it(any_server: Server) -> None:
    with Run.start(any_server) as one, Run.start(any_server) as other:
        database = Template.ensure(any_server, one, source("rebuilding")).clone(one, "one")
        building, built = threading.Event(), threading.Event()

        def build(target: TemplateTarget) -> None:
            building.set()
            time.sleep(0.3)

        def rebuild() -> None:
            Template.ensure(any_server, other, TemplateSource("rebuilding", build, "slow"), rebuild=True)
            built.set()

        thread = threading.Thread(target=rebuild)
        thread.start()
        building.wait()
        generations = 0
        while not built.is_set() or generations < 2:
            database.reclone()
            generations += 1
        thread.join()
        assert database.generation == generations

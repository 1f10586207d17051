"""Clones made ahead of time."""

from __future__ import annotations

import time

import pytest
from made_templates import template_of

from greenshift.postgres import ClonePool, DatabaseError, Run, Server, list_databases

SCHEMA = "CREATE TABLE t(id int)"


def clones(server: Server) -> set[str]:
    return {database.name for database in list_databases(server) if "_clone_" in database.name}


def test_each_is_fresh_and_of_its_own(any_server: Server, run: Run) -> None:
    pool = ClonePool(template_of(any_server, run, SCHEMA), run, 2)
    try:
        taken = [pool.take() for _ in range(4)]
        assert len({database.name for database in taken}) == 4
        for database in taken:
            with database.connect() as connection:
                assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
                connection.execute("INSERT INTO t VALUES (1)")
        assert taken[0].rewind().dirty_tables == 1
    finally:
        pool.close()


def test_used_ones_are_dropped_in_the_background(any_server: Server, run: Run) -> None:
    pool = ClonePool(template_of(any_server, run, SCHEMA), run, 1)
    try:
        database = pool.take()
        connection = database.connect()
        pool.discard(database)
        limit = time.monotonic() + 20
        while database.name in clones(any_server) and time.monotonic() < limit:
            time.sleep(0.01)
        assert database.name not in clones(any_server)
        connection.close()
    finally:
        pool.close()


def test_closing_drops_everything(any_server: Server, run: Run) -> None:
    before = clones(any_server)
    pool = ClonePool(template_of(any_server, run, SCHEMA), run, 3)
    pool.take()
    pool.close()
    pool.close()
    assert clones(any_server) == before
    with pytest.raises(DatabaseError, match="closed"):
        pool.take()


def test_a_failure_reaches_the_taker(any_server: Server, run: Run) -> None:
    template = template_of(any_server, run, "CREATE TABLE soon_gone(id int)")
    template.drop()
    pool = ClonePool(template, run, 1)
    try:
        with pytest.raises(DatabaseError, match="could not be cloned"):
            pool.take()
    finally:
        pool.close()


def test_a_warm_one_is_there_at_once(any_server: Server, run: Run) -> None:
    before = clones(any_server)
    pool = ClonePool(template_of(any_server, run, SCHEMA), run, 3)
    try:
        limit = time.monotonic() + 20
        while pool.ready < 3 and time.monotonic() < limit:
            time.sleep(0.01)
        started = time.perf_counter()
        taken = {pool.take().name for _ in range(3)}
        # The benchmark proves the figure; here only that nobody waited for a clone being made.
        assert time.perf_counter() - started < 0.1
        assert taken <= clones(any_server) - before
    finally:
        pool.close()

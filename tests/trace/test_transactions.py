"""A failed commit is told of, with its connection; failed statements are not mistaken for one."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from greenshift import trace


def test_a_failed_commit_is_told_of_with_its_connection(urls: dict[str, URL]) -> None:
    told: list[tuple[trace.ConnectionInfo, BaseException]] = []
    engine = create_engine(urls["psycopg"])
    try:
        with trace.transactions.on_failure(lambda info, error: told.append((info, error))):
            with engine.connect() as connection:
                connection.execute(
                    text("create temporary table deferred (id int unique deferrable initially deferred)")
                )
                connection.execute(text("insert into deferred values (1), (1)"))
                with pytest.raises(DBAPIError) as raised:
                    connection.commit()
                connection.rollback()
                [(info, error)] = told
                assert error is raised.value.orig
                assert info.last_statement is not None
                assert info.last_statement.sql.startswith("insert")
            told.clear()
            with engine.connect() as connection, pytest.raises(DBAPIError):
                connection.execute(text("select 1 / 0"))
            assert not told
    finally:
        engine.dispose()


def test_a_transaction_that_ends_with_its_lost_connection_is_no_defect_of_tracing(
    urls: dict[str, URL], caplog: pytest.LogCaptureFixture
) -> None:
    ends: list[bool] = []
    engine = create_engine(urls["psycopg"])
    try:
        with trace.transactions.on_end(lambda info, committed: ends.append(committed)):
            with engine.connect() as connection, pytest.raises(DBAPIError):
                connection.execute(text("select pg_terminate_backend(pg_backend_pid())"))
            assert ends == []
            with engine.connect() as connection:
                connection.execute(text("select 1"))
        assert ends == [False]
        assert "tracing failed" not in caplog.text
    finally:
        engine.dispose()


def test_what_a_session_ran_last_is_known_until_somebody_else_takes_the_connection(urls: dict[str, URL]) -> None:
    engine = create_engine(urls["psycopg"])
    try:
        with trace.record(), Session(engine) as session:
            assert trace.last_statements_of(session) == []
            session.execute(text("select 1"))
            session.execute(text("select 2"))
            assert [one.sql for one in trace.last_statements_of(session)] == ["select 2"]
            session.rollback()
            assert [one.sql for one in trace.last_statements_of(session)] == ["select 2"]
            with engine.connect() as connection:
                assert trace.last_statements_of(session) == []
                connection.execute(text("select 3"))
            assert trace.last_statements_of(session) == []
    finally:
        engine.dispose()

"""A failed commit is told of, with its connection; failed statements are not mistaken for one."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

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
                assert info.last_statement is not None and info.last_statement.sql.startswith("insert")
            told.clear()
            with engine.connect() as connection, pytest.raises(DBAPIError):
                connection.execute(text("select 1 / 0"))
            assert not told
    finally:
        engine.dispose()

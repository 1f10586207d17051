"""Which statements leave state behind in a database session."""

from __future__ import annotations

import time

import pytest

from greenshift.trace import session_state_reasons

CHANGING = [
    ("SET search_path TO other", "SET"),
    ("set statement_timeout = 5", "SET"),
    ("  \n\tSET x.y = 'z'", "SET"),
    ("SET SESSION work_mem = '1MB'", "SET"),
    ("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET"),
    ("SET TIME ZONE 'UTC'", "SET"),
    ('SET "my.setting" = 1', "SET"),
    ("SET ROLE other", "SET ROLE"),
    ("SET SESSION ROLE other", "SET ROLE"),
    ("SET SESSION AUTHORIZATION other", "SET SESSION AUTHORIZATION"),
    ("-- a comment\nSET x = 1", "SET"),
    ("/* one */ /* two /* nested */ still */ SET x = 1", "SET"),
    ("SET/**/x = 1", "SET"),
    ("SET /* LOCAL */ x = 1", "SET"),
    ("SELECT 1; SET x = 1", "SET"),
    ("SET LOCAL x = 1; SET y = 2", "SET"),
    ("SELECT '--'; SET x = 1", "SET"),
    ("SELECT '/*'; SET x = 1", "SET"),
    ("SELECT $$;$$; SET x = 1", "SET"),
    ("BEGIN;SET x=1", "SET"),
    ("RESET ALL", "RESET"),
    ("SELECT set_config('a.b', 'c', false)", "set_config"),
    ("SELECT set_config('a.b', $1, $2)", "set_config"),
    ("SELECT pg_catalog.set_config('a', 'b, true)', false)", "set_config"),
    ("SELECT set_config('a', 'b', true), set_config('a', 'b', false)", "set_config"),
    ("SELECT SET_CONFIG('a', f('x'), true)", "set_config"),
    ("CREATE TEMP TABLE t (id int)", "temporary object"),
    ("create temporary table t as select 1", "temporary object"),
    ("CREATE LOCAL TEMPORARY TABLE t (id int)", "temporary object"),
    ("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", "temporary object"),
    ("CREATE /* x */ TEMP SEQUENCE s", "temporary object"),
    ("CREATE TABLE pg_temp.t (id int)", "temporary object"),
    ("SELECT * INTO TEMP t FROM u", "temporary object"),
    ("SELECT * INTO TEMPORARY TABLE t FROM u", "temporary object"),
    ("EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1", "temporary object"),
    ("LISTEN events", "LISTEN"),
    ("UNLISTEN *", "UNLISTEN"),
    ("PREPARE p AS SELECT 1", "PREPARE"),
    ("PREPARE TRANSACTION 'x'", "PREPARE"),
    ("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "cursor WITH HOLD"),
    ("SELECT pg_advisory_lock(1)", "advisory lock"),
    ("SELECT pg_try_advisory_lock(1, 2)", "advisory lock"),
    ("SELECT pg_advisory_lock_shared(1)", "advisory lock"),
    ("SELECT pg_try_advisory_lock_shared(1)", "advisory lock"),
    ("LOAD 'auto_explain'", "LOAD"),
    ("DO $$ BEGIN PERFORM 1; END $$", "DO"),
    ("CALL something()", "CALL"),
    ("DISCARD PLANS", "DISCARD"),
    ("SELECT setseed(0.5)", "setseed"),
    ("SELECT dblink_connect('x', 'y')", "dblink"),
    ("PRAGMA foreign_keys = ON", "PRAGMA"),
    ("ATTACH DATABASE 'x' AS y", "ATTACH"),
]

HARMLESS = [
    "SELECT 1",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING",
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2",
    "UPDATE t SET a = 1",
    "  update t set a = 1 where load = 2",
    "INSERT INTO weather (temp, hold) VALUES (1, 2)",
    "SELECT temp, temporary FROM weather",
    "CREATE TABLE weather (temp int)",
    "DELETE FROM t",
    "SET LOCAL search_path TO other",
    "set local statement_timeout = 5",
    "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SET CONSTRAINTS ALL DEFERRED",
    "SELECT set_config('a.b', 'c', true)",
    "SELECT set_config('a.b', $1::VARCHAR, true)",
    "SELECT set_config('a.b', %(value)s, TRUE) FROM t",
    "SELECT pg_advisory_xact_lock(1)",
    "SELECT pg_try_advisory_xact_lock(1, 2)",
    "SELECT pg_advisory_xact_lock_shared(1)",
    "SELECT pg_advisory_unlock(1)",
    "DECLARE c CURSOR FOR SELECT 1",
    "NOTIFY events, 'x'",
    "SELECT dataset, listener, callback FROM t",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT a",
    "",
    ";",
    "/* never closed",
]


@pytest.mark.parametrize(("sql", "reason"), CHANGING, ids=[sql for sql, _ in CHANGING])
def test_changing(sql: str, reason: str) -> None:
    assert reason in session_state_reasons(sql)


@pytest.mark.parametrize("sql", HARMLESS)
def test_harmless(sql: str) -> None:
    assert session_state_reasons(sql) == frozenset()


@pytest.mark.parametrize("sql", ["SELECT 'a; SET x = 1'", "SELECT 1 /* ; LISTEN x */", "SELECT ' pg_advisory_lock '"])
def test_words_in_literals_and_comments_may_over_report(sql: str) -> None:
    assert len(session_state_reasons(sql)) == 1


@pytest.mark.parametrize(
    "wrapper", ["{}", "/* c */ {}", "-- c\n{}", "SELECT 1; {}", "SELECT ';'';'; {}", "({})", "\n\n{};"]
)
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_nothing_around_a_statement_hides_it(wrapper: str, case: object) -> None:
    for sql, reason in CHANGING:
        assert callable(case)
        if "'" in sql or "$$" in sql or '"' in sql:
            assert reason in session_state_reasons(wrapper.format(sql))
        else:
            assert reason in session_state_reasons(wrapper.format(case(sql)))


def test_long_statements_are_judged_quickly() -> None:
    sql = "INSERT INTO t VALUES " + ", ".join(f"({number}, 'set; -- /* {number}')" for number in range(5000))
    started = time.perf_counter()
    session_state_reasons(sql)
    assert time.perf_counter() - started < 1

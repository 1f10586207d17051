from __future__ import annotations

import pytest

from greenshift.testing.shared_connection.statements import Meaning, meaning


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT 1", Meaning("read")),
        ("-- note\n  /* more */ select updated_at from t for update", Meaning("read")),
        (";", Meaning("read")),
        ("WITH a AS (SELECT 1) SELECT * FROM a", Meaning("read")),
        ("WITH a AS (DELETE FROM t RETURNING 1) SELECT * FROM a", Meaning("write")),
        ("SELECT * INTO copy FROM t", Meaning("write")),
        ("SELECT lo_create(0)", Meaning("write")),
        ("EXPLAIN ANALYZE INSERT INTO t VALUES (1)", Meaning("write")),
        ("INSERT INTO t VALUES (1)", Meaning("write")),
        ("CALL something()", Meaning("write")),
        ("DO $$ BEGIN END $$", Meaning("write")),
        ("create table t (id int)", Meaning("write", changes_schema=True)),
        ("SAVEPOINT sa_savepoint_1", Meaning("savepoint", "sa_savepoint_1")),
        ('savepoint "Mixed ""Case"""', Meaning("savepoint", 'Mixed "Case"')),
        ("RELEASE SAVEPOINT Upper", Meaning("release", "upper")),
        ("release a;", Meaning("release", "a")),
        ("ROLLBACK TO SAVEPOINT a", Meaning("rollback to", "a")),
        ("rollback work to a", Meaning("rollback to", "a")),
        ("ROLLBACK", Meaning("control")),
        ("commit and chain", Meaning("control")),
        ("PREPARE TRANSACTION 'x'", Meaning("control")),
        ("PREPARE x AS SELECT 1", Meaning("write")),
    ],
)
def test_meaning(statement, expected):
    assert meaning(statement) == expected


def test_a_function_that_writes_makes_a_select_a_write():
    functions = frozenset({"add_author"})
    assert meaning("SELECT public.Add_Author('x')", functions) == Meaning("write")
    assert meaning("SELECT add_authors('x')", functions) == Meaning("read")

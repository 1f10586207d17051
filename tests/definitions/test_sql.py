from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import pytest

from greenshift.definitions import from_sql
from greenshift.errors import ConfigurationError
from greenshift.postgres import TemplateError

SCRIPT = """\
-- a schema; with a semicolon here
\\restrict Kb1
SET client_encoding = 'UTF8';
CREATE TABLE person (id int PRIMARY KEY, name text);  /* nested /* ; */ comment */
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $body$
BEGIN
  RETURN n * 2;  -- '100%'
END
$body$;
CREATE FUNCTION thrice(n int) RETURNS int LANGUAGE sql
  BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN n * 3 ELSE 0 END; END;
COPY person (id, name) FROM stdin;
1\tAda; Lovelace
2\t\\N
\\.
INSERT INTO person VALUES (3, 'semi;colon'), (4, E'quo\\'te;');
\\unrestrict Kb1
"""


@pytest.fixture
def script(tmp_path: Path):
    def write(text: str, name: str = "schema.sql") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_whole_script_with_copy_and_bodies_runs(script, target, rows):
    from_sql([script(SCRIPT)]).build(target)
    assert rows("SELECT name FROM person ORDER BY id") == [("Ada; Lovelace",), (None,), ("semi;colon",), ("quo'te;",)]
    assert rows("SELECT twice(4), thrice(2)") == [(8, 6)]


def test_what_pg_dump_prints_can_be_loaded(script, target, rows, definition_server, tmp_path):
    from_sql([script(SCRIPT)]).build(target)
    dump = definition_server_dump(definition_server, target)
    with definition_server.connect() as connection:
        connection.execute("CREATE DATABASE dump_copy")
    try:
        copy = type(target)(definition_server, "dump_copy")
        from_sql([script(dump, "dump.sql")]).build(copy)
        with copy.connect() as connection:
            assert connection.execute("SELECT count(*), thrice(2) FROM public.person").fetchall() == [(4, 6)]
    finally:
        with definition_server.connect() as connection:
            connection.execute("DROP DATABASE dump_copy WITH (FORCE)")


def definition_server_dump(server, target) -> str:
    with server.connect() as connection:
        (place,) = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    return subprocess.run(
        [Path(place) / "pg_dump", "--no-owner", "--dbname", target.url(None)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_search_path_set_by_one_file_does_not_reach_the_next(script, target, rows):
    first = script("SELECT set_config('search_path', '', false); CREATE TABLE public.a (id int);", "first.sql")
    second = script("CREATE TABLE b (id int);", "second.sql")
    from_sql([first, second]).build(target)
    assert rows("SELECT count(*) FROM b") == [(0,)]


def test_a_failing_statement_is_named_by_file_and_line(script, target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = script("CREATE TABLE a (id int);\n\n-- next\nINSERT INTO a\nVALUES ('x');\n")
    with pytest.raises(TemplateError) as caught:
        from_sql([path]).build(target)
    assert caught.value.problem.startswith("schema.sql:4: InvalidTextRepresentation: invalid input syntax")
    assert "\n" not in caught.value.problem
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("SELECT 1;\n\\connect other\n", "schema.sql:2: \\connect is a command of psql, not SQL", "--create"),
        ("\\i more.sql", "schema.sql:1: \\i is a command of psql, not SQL", "under 'sql'"),
        ("BEGIN; SELECT 1;", "schema.sql ends inside a transaction", "COMMIT"),
        (
            "CREATE TABLE a (id int);\nALTER TABLE a OWNER TO nobody_here;",
            'schema.sql:2: UndefinedObject: role "nobody_here" does not exist',
            "--no-owner",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(script, target, tmp_path, monkeypatch, text, problem, fix):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TemplateError) as caught:
        from_sql([script(text)]).build(target)
    assert caught.value.problem == problem
    assert fix in caught.value.fix


def test_a_missing_file_and_a_wrong_encoding_are_configuration_errors(tmp_path):
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        from_sql([tmp_path / "none.sql"])
    (tmp_path / "latin.sql").write_bytes("-- é".encode("latin-1"))
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        from_sql([tmp_path / "latin.sql"])


def test_fingerprint_follows_contents_not_places_and_line_ends(script, tmp_path):
    here = script("SELECT 1;\nSELECT 2;")
    there = tmp_path / "windows.sql"
    there.write_bytes(b"SELECT 1;\r\nSELECT 2;")
    assert from_sql([here]).fingerprint == from_sql([there]).fingerprint
    assert from_sql([here]).fingerprint != from_sql([script("SELECT 1;", "other.sql")]).fingerprint


def test_extensions_are_read_from_the_script(script):
    path = script('create extension if not exists "uuid-ossp"; CREATE EXTENSION citext WITH SCHEMA public;')
    assert from_sql([path]).extensions == {"uuid-ossp", "citext"}


def test_the_same_definition_fills_an_sqlite_file(script, sqlite_target, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = script(
        "CREATE TABLE a (id int);\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a WHERE id = 2;\nEND;\n"
        "INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);\n"
    )
    from_sql([path]).build(sqlite_target)
    with sqlite3.connect(sqlite_target.path) as connection:
        assert connection.execute("SELECT id FROM a").fetchall() == [(1,)]
    with pytest.raises(TemplateError, match=r"broken.sql:2: OperationalError: no such table: b"):
        from_sql([script("CREATE TABLE c (id int);\nINSERT INTO b VALUES (1);", "broken.sql")]).build(sqlite_target)

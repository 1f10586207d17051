"""Changes of the schema: each is noticed and answered by a fresh clone; temporary objects are no such change."""

# ruff: noqa: E501 - SQL reads better unbroken
from __future__ import annotations

import psycopg
import pytest
from digest import digest
from made_templates import MakeDatabase

from greenshift.postgres import Database

SCHEMA = """
CREATE SCHEMA app; CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE t(id serial PRIMARY KEY, v text, m mood, p positive); INSERT INTO t(v) VALUES ('x');
CREATE INDEX by_v ON t (v); CREATE VIEW shown AS SELECT * FROM t; CREATE SEQUENCE s; CREATE SEQUENCE cached CACHE 10;
CREATE MATERIALIZED VIEW stored AS SELECT count(*) AS n FROM t; CREATE UNIQUE INDEX ON stored (n);
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION tg();
CREATE POLICY po ON t USING (true); CREATE RULE ru AS ON UPDATE TO shown DO INSTEAD NOTHING;
CREATE TABLE parts(day date) PARTITION BY RANGE (day)
"""
DATABASE = "DO $$ BEGIN EXECUTE format('{}', current_database()); END $$"
CHANGES = [
    "CREATE TABLE n(id int)",
    "CREATE TABLE n AS SELECT 1",
    "SELECT 1 AS a INTO n",
    "CREATE UNLOGGED TABLE n(id serial)",
    "CREATE TABLE part PARTITION OF parts DEFAULT",
    "DROP TABLE t CASCADE",
    "DROP TABLE parts",
    "ALTER TABLE t ADD w int",
    "ALTER TABLE t ADD w int DEFAULT 3",
    "ALTER TABLE t DROP COLUMN v CASCADE",
    "ALTER TABLE t RENAME TO u",
    "ALTER TABLE t RENAME v TO w",
    "ALTER TABLE t ALTER v SET NOT NULL",
    "ALTER TABLE t ALTER v SET DEFAULT 'd'",
    "ALTER TABLE t ALTER v SET STATISTICS 7",
    "ALTER TABLE t ADD CHECK (id > 0)",
    "ALTER TABLE t SET SCHEMA app",
    "ALTER TABLE t SET (fillfactor = 50)",
    "ALTER TABLE t SET UNLOGGED",
    "ALTER TABLE t OWNER TO pg_monitor",
    "ALTER TABLE t DISABLE TRIGGER tr",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE t REPLICA IDENTITY FULL",
    "ALTER TABLE t CLUSTER ON by_v",
    "CLUSTER t USING by_v",
    "CREATE INDEX CONCURRENTLY n ON t (m)",
    "DROP INDEX by_v",
    "DROP INDEX CONCURRENTLY by_v",
    "ALTER INDEX by_v RENAME TO n",
    "CREATE VIEW n AS SELECT 1",
    "CREATE OR REPLACE VIEW shown AS SELECT id, v, m, p, 1 AS one FROM t",
    "DROP VIEW shown",
    "ALTER SEQUENCE s INCREMENT 5",
    "ALTER SEQUENCE s RESTART WITH 9",
    "DROP SEQUENCE s",
    "CREATE SEQUENCE n",
    "REFRESH MATERIALIZED VIEW stored",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY stored",
    "REFRESH MATERIALIZED VIEW stored WITH NO DATA",
    "CREATE MATERIALIZED VIEW n AS SELECT 1",
    "ALTER TYPE mood ADD VALUE 'angry'",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'",
    "CREATE TYPE n AS (a int)",
    "CREATE DOMAIN n AS int",
    "ALTER DOMAIN positive SET DEFAULT 4",
    "DROP TYPE mood CASCADE",
    "CREATE SCHEMA n",
    "DROP SCHEMA app",
    "DROP SCHEMA public CASCADE",
    "CREATE FUNCTION n() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "CREATE PROCEDURE n() LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE n(int) (sfunc = int4pl, stype = int)",
    "CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)",
    'CREATE COLLATION n FROM "C"',
    "CREATE TRIGGER n BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tg()",
    "DROP TRIGGER tr ON t",
    "ALTER TRIGGER tr ON t RENAME TO n",
    "CREATE POLICY n ON t USING (true)",
    "DROP POLICY po ON t",
    "CREATE RULE n AS ON DELETE TO shown DO INSTEAD NOTHING",
    "DROP RULE ru ON shown",
    "CREATE STATISTICS n ON id, v FROM t",
    "CREATE TEXT SEARCH CONFIGURATION n (COPY = english)",
    "CREATE FOREIGN DATA WRAPPER n",
    "COMMENT ON TABLE t IS 'c'",
    "COMMENT ON COLUMN t.v IS 'c'",
    "GRANT SELECT ON t TO PUBLIC",
    "GRANT USAGE ON SCHEMA app TO PUBLIC",
    "REVOKE CREATE ON SCHEMA public FROM pg_database_owner",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    DATABASE.format("ALTER DATABASE %I SET work_mem = ''5MB''"),
    DATABASE.format("ALTER DATABASE %I CONNECTION LIMIT 50"),
    DATABASE.format("REVOKE CONNECT ON DATABASE %I FROM PUBLIC"),
    DATABASE.format("ALTER ROLE CURRENT_USER IN DATABASE %I SET work_mem = ''5MB''"),
    DATABASE.format("ALTER DATABASE %I OWNER TO pg_monitor"),
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER n ON ddl_command_end EXECUTE FUNCTION e()",
    "ALTER EVENT TRIGGER greenshift_altered DISABLE",
    "ALTER EVENT TRIGGER greenshift_altered DISABLE; CREATE TABLE n(id int); ALTER EVENT TRIGGER greenshift_altered ENABLE",
    "DROP EVENT TRIGGER greenshift_altered; DROP EVENT TRIGGER greenshift_dropped; CREATE TABLE n(id int)",
    "SET session_replication_role = replica; CREATE TABLE n(id int)",
    "CREATE TABLE n(id int); DROP TABLE n",
    "CREATE TEMP TABLE mine(id int); CREATE TABLE n(id int)",
    "CREATE TEMP TABLE mine(id int); DROP TABLE mine, t CASCADE",
]
TEMPORARY = [
    "CREATE TEMP TABLE mine(id serial PRIMARY KEY, v text DEFAULT 'x' CHECK (v <> ''), twice int GENERATED ALWAYS AS (1) STORED)",
    "CREATE TEMP TABLE mine ON COMMIT DROP AS SELECT * FROM t",
    "CREATE TEMP TABLE mine(id int); CREATE INDEX ON mine (id); ALTER TABLE mine ADD v text; DROP TABLE mine",
    "CREATE TEMP TABLE mine(id serial PRIMARY KEY, v text DEFAULT 'x'); DROP TABLE mine",
    "CREATE TEMP VIEW mine AS SELECT * FROM t",
    "CREATE TEMP SEQUENCE mine; SELECT nextval('mine')",
    "SELECT * INTO TEMP mine FROM t",
    "CREATE TABLE IF NOT EXISTS t(id int)",
    "CREATE SCHEMA IF NOT EXISTS app",
    "DROP TABLE IF EXISTS nowhere",
    "ANALYZE; VACUUM t",
    "VACUUM FULL t",
    "REINDEX TABLE t",
]


@pytest.fixture
def database(make_database: MakeDatabase) -> Database:
    return make_database(SCHEMA)


def digest_of(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        return digest(connection)


def change(database: Database, statements: str) -> psycopg.Connection[tuple[object, ...]]:
    connection = database.connect()
    for statement in statements.split("; ") if "$$" not in statements else [statements]:
        connection.execute(statement.encode())
    return connection


def test_a_changed_schema_is_cloned_anew(database: Database) -> None:
    before = digest_of(database)
    for statements in CHANGES:
        generation = database.generation
        change(database, statements).close()
        report = database.rewind()
        assert report.recloned in ("the schema was changed", "settings of the database were changed"), statements
        assert database.generation == generation + 1
    assert database.rewind().recloned is None
    assert digest_of(database) == before


def test_a_database_robbed_of_what_rewinds_it_is_cloned_anew(database: Database) -> None:
    before = digest_of(database)
    for statements in ("DROP EXTENSION plpgsql CASCADE", "DROP SCHEMA pg_greenshift CASCADE"):
        change(database, statements).close()
        assert (database.rewind().recloned or "").startswith("rewinding in place failed: ")
        assert digest_of(database) == before


@pytest.mark.parametrize("statements", TEMPORARY)
def test_temporary_objects_and_upkeep_are_rewound_in_place(database: Database, statements: str) -> None:
    with database.connect() as connection:
        connection.execute("INSERT INTO t(v) VALUES ('y')")
    connection = change(database, statements)
    assert database.rewind().recloned is None
    # The session is idle, so it was left alone.
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    connection.close()


def test_a_change_that_is_rolled_back_may_cost_a_clone_and_nothing_else(database: Database) -> None:
    before = digest_of(database)
    with database.connect() as connection:
        connection.execute("BEGIN; CREATE TABLE n(id int); ROLLBACK")
    database.rewind()
    assert digest_of(database) == before


def test_a_change_in_an_open_transaction_is_undone_and_reported(database: Database) -> None:
    before = digest_of(database)
    connection = database.connect()
    connection.execute("BEGIN; ALTER TABLE t ADD w int")
    report = database.rewind()
    assert [backend.state for backend in report.terminated] == ["idle in transaction"]
    assert digest_of(database) == before
    connection.close()


def test_what_a_role_without_rights_changes_is_seen_too(make_database: MakeDatabase) -> None:
    database = make_database(
        """DO $$ BEGIN IF to_regrole('greenshift_weak') IS NULL THEN CREATE ROLE greenshift_weak; END IF; END $$;
        CREATE SCHEMA app; GRANT ALL ON SCHEMA app TO greenshift_weak; CREATE TABLE app.big(id int);
        INSERT INTO app.big SELECT generate_series(1, 1000); GRANT ALL ON app.big TO greenshift_weak"""
    )
    before = digest_of(database)
    change(database, "SET ROLE greenshift_weak; DELETE FROM app.big WHERE id = 5").close()
    report = database.rewind()
    assert (report.recloned, report.restored_tables) == (None, 1)
    assert digest_of(database) == before
    change(database, "SET ROLE greenshift_weak; CREATE TABLE app.n(id int)").close()
    assert database.rewind().recloned == "the schema was changed"


def test_settings_of_the_template_reach_its_clones(make_database: MakeDatabase) -> None:
    setting = DATABASE.format('ALTER DATABASE %I SET search_path = app, "$user", public')
    limit = DATABASE.format("ALTER ROLE CURRENT_USER IN DATABASE %I SET myapp.tenant = ''it''''s 1''")
    right = DATABASE.format("REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC")
    database = make_database(f"CREATE SCHEMA app; {setting}; {limit}; {right}")
    with database.connect() as connection:
        for _ in range(2):
            shown = connection.execute(
                "SELECT current_setting('search_path'), current_setting('myapp.tenant')"
            ).fetchone()
            assert shown == ('app, "$user", public', "it's 1")
        assert connection.execute(
            "SELECT datacl::text LIKE '%=c/%' FROM pg_database WHERE datname = current_database()"
        ).fetchone() == (True,)
    assert database.rewind().recloned is None
    database.reclone()
    assert database.rewind().recloned is None


def test_settings_that_would_take_the_rights_away_do_not_matter(make_database: MakeDatabase) -> None:
    database = make_database(
        "CREATE TABLE t(v text); INSERT INTO t VALUES ('seed'); CREATE TABLE e(v text); GRANT ALL ON t, e TO pg_monitor;"
        + DATABASE.format("ALTER DATABASE %I SET role = pg_monitor")
        + ";"
        + DATABASE.format("ALTER DATABASE %I SET default_transaction_read_only = on")
        + ";"
        + DATABASE.format("ALTER DATABASE %I SET session_replication_role = origin")
    )
    with database.connect() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("pg_monitor",)
        connection.execute("BEGIN READ WRITE; INSERT INTO e VALUES ('x'); DELETE FROM t; COMMIT")
        report = database.rewind()
        assert (report.recloned, report.dirty_tables) == (None, 2)
        assert connection.execute("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM e)").fetchone() == (1, 0)

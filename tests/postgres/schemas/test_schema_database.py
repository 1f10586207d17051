from __future__ import annotations

import shlex
import threading
import time

import psycopg
import pytest
from postgres.schemas.schema_fixtures import MakeSchema, make_schema, schemas_of, shared, shared_run, source_of

from greenshift.postgres import DatabaseError, ForeignDatabaseError, Run, Server, TemplateError
from greenshift.postgres.schemas.database import SchemaDatabase
from greenshift.postgres.schemas.place import SchemaPlace

__all__ = ["make_schema", "shared", "shared_run"]

SHOP = """
CREATE TYPE mood AS ENUM ('glad', 'sad');
CREATE TABLE role (id serial PRIMARY KEY, name text UNIQUE);
CREATE TABLE person (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text, mood mood, upper_name text GENERATED ALWAYS AS (upper(name)) STORED,
    role_id int REFERENCES role, best_team int);
CREATE TABLE team (id serial PRIMARY KEY, captain int NOT NULL REFERENCES person);
ALTER TABLE person ADD FOREIGN KEY (best_team) REFERENCES team;
ALTER TABLE role ADD COLUMN made_by int REFERENCES person;
CREATE TABLE node (id int PRIMARY KEY, parent int REFERENCES node ON DELETE RESTRICT);
CREATE TABLE event (id int, day date, person int REFERENCES person, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE event_2025 PARTITION OF event FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
CREATE TABLE base (id int); CREATE TABLE derived (extra int) INHERITS (base);
CREATE UNLOGGED TABLE scratch (id int);
CREATE SEQUENCE ticket START 7;
CREATE VIEW people AS SELECT name FROM person;
CREATE MATERIALIZED VIEW roles AS SELECT name FROM role;
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
INSERT INTO role (name) VALUES ('admin'), ('guest');
"""

# What only adds rows is taken back in place.
ADDITIONS = {
    "rows": "INSERT INTO person (name, mood) VALUES ('anna', 'glad'), ('ben', 'sad')",
    "update": "INSERT INTO person (name) VALUES ('anna'); UPDATE person SET name = 'b'",
    "circle": """INSERT INTO person (name) VALUES ('anna'); INSERT INTO team (captain) VALUES (1);
        UPDATE person SET best_team = 1""",
    "self": "INSERT INTO node VALUES (1, NULL), (2, 1), (3, 2)",
    "partitions": """INSERT INTO person (name) VALUES ('a');
        INSERT INTO event VALUES (1, '2025-02-01', 1), (2, '1999-1-1', 1)""",
    "inheritance": "INSERT INTO base VALUES (1); INSERT INTO derived VALUES (2, 3)",
    "unlogged": "INSERT INTO scratch VALUES (1)",
    "more seeds": "INSERT INTO person (name) VALUES ('a'); INSERT INTO role (name, made_by) VALUES ('new', 1)",
    "sequence": "SELECT nextval('ticket')",
    "moved sequence": "SELECT setval('ticket', 7, true)",
    "rolled back": "BEGIN; INSERT INTO person (name) VALUES ('anna'); ROLLBACK",
    "large": "INSERT INTO person (name) SELECT repeat('x', 200) FROM generate_series(1, 5000)",
    "truncate": "INSERT INTO scratch VALUES (1); TRUNCATE scratch; INSERT INTO scratch VALUES (2)",
    "analyze": "INSERT INTO scratch VALUES (1); VACUUM ANALYZE",
    "reader": "SELECT * FROM person",
}
# Everything else is built anew; the reason says why.
DAMAGES = {
    "seed updated": ("UPDATE role SET name = 'x' WHERE id = 1", "role were changed"),
    "seed deleted": ("DELETE FROM role WHERE id = 1", "role were changed"),
    "seeds replaced": ("TRUNCATE role CASCADE; INSERT INTO role (id, name) VALUES (1, 'admin')", "role were changed"),
    "refreshed": (
        "INSERT INTO role (name) VALUES ('x'); REFRESH MATERIALIZED VIEW roles",
        "it is a materialized view",
    ),
    "column": ("ALTER TABLE person ADD COLUMN age int", "columns"),
    "column default": ("ALTER TABLE person ALTER name SET DEFAULT 'x'", "column"),
    "table": ("CREATE TABLE more (id int)", "set of objects"),
    "dropped": ("DROP TABLE scratch", "set of objects"),
    "renamed": ("ALTER TABLE scratch RENAME TO scrap", "tables"),
    "index": ("CREATE INDEX ON person (name)", "indexes"),
    "constraint": ("ALTER TABLE scratch ADD CHECK (id > 0)", "constraints"),
    "trigger": (
        "CREATE TRIGGER z BEFORE UPDATE ON scratch FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "triggers",
    ),
    "view": ("CREATE OR REPLACE VIEW people AS SELECT name || '!' AS name FROM person", "views"),
    "enum": ("ALTER TYPE mood ADD VALUE 'calm'", "enumerations"),
    "function": ("CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 3 * $1'", "functions"),
    "sequence": ("ALTER SEQUENCE ticket INCREMENT 5", "sequences"),
    "right": ("GRANT SELECT ON person TO PUBLIC", "tables"),
    "right on the schema": (
        "DO $$ BEGIN EXECUTE 'GRANT USAGE ON SCHEMA ' || current_schema() || ' TO PUBLIC'; END $$",
        "rights",
    ),
    "comment": ("COMMENT ON COLUMN person.name IS 'x'", "comments"),
    "policy": ("ALTER TABLE person ENABLE ROW LEVEL SECURITY", "tables"),
    "detached": ("ALTER TABLE event DETACH PARTITION event_2025", "partitions"),
}


def state_of(schema: SchemaDatabase) -> dict[str, object]:
    """Return all rows, sequences and columns of a schema, as its users see them."""
    found: dict[str, object] = {}
    with schema.connect() as connection:
        relations = connection.execute(
            "SELECT relname, relkind FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('r', 'p', 'm', 'S', 'v') ORDER BY 1"
        ).fetchall()
        for name, kind in relations:
            columns = "last_value, is_called" if kind == "S" else "*"
            found[str(name)] = sorted(map(repr, connection.execute(f'SELECT {columns} FROM "{name}"'.encode())))
        found["columns"] = connection.execute(
            "SELECT table_name, column_name, data_type, column_default FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY 1, 2"
        ).fetchall()
        found["indexes"] = connection.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
        ).fetchall()
        found["enum"] = connection.execute("SELECT enum_range(NULL::mood)::text").fetchall()
        found["twice"] = connection.execute("SELECT twice(2)").fetchall()
    return found


def change(schema: SchemaDatabase, statements: str) -> None:
    with schema.connect() as connection:
        for statement in statements.split("; ") if "VACUUM" in statements else [statements]:
            connection.execute(statement.encode())


def test_additions_are_taken_back_in_place(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    before = state_of(schema)
    for name, statements in ADDITIONS.items():
        change(schema, statements)
        report = schema.rewind()
        assert (name, report.recloned) == (name, None)
        assert (name, state_of(schema)) == (name, before)
    assert schema.generation == 0
    assert schema.rewind().dirty_tables == 0


def test_damages_are_built_anew(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    before = state_of(schema)
    let_go: list[int] = []
    schema.before_reclone.append(lambda: let_go.append(schema.generation))
    for number, (name, (statements, reason)) in enumerate(DAMAGES.items()):
        change(schema, statements)
        report = schema.rewind()
        assert reason in (report.recloned or "nothing"), name
        assert (name, state_of(schema)) == (name, before)
        assert schema.generation == number + 1
        assert schema.rewind().recloned is None, name
    assert let_go == list(range(len(DAMAGES)))


def test_a_clean_schema_is_cheap_and_told_as_clean(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    schema.rewind()
    times = [schema.rewind().seconds for _ in range(20)]
    assert sorted(times)[10] < 0.05
    change(schema, ADDITIONS["rows"])
    report = schema.rewind()
    assert (report.dirty_tables, report.moved_sequences) == (1, 1)


def test_tables_with_triggers_are_truncated_or_built_anew(make_schema: MakeSchema) -> None:
    schema = make_schema("""
        CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'never'; END $$;
        CREATE TABLE ledger (id int PRIMARY KEY);
        CREATE TABLE entry (ledger int REFERENCES ledger);
        CREATE TRIGGER keep BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TABLE tomb (id int);
        CREATE TRIGGER keep BEFORE DELETE ON tomb FOR EACH STATEMENT EXECUTE FUNCTION forbid();
        CREATE TRIGGER keep_all BEFORE TRUNCATE ON tomb FOR EACH STATEMENT EXECUTE FUNCTION forbid();
        CREATE TYPE mood AS ENUM (); CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
    """)
    before = state_of(schema)
    change(schema, "INSERT INTO ledger VALUES (1); INSERT INTO entry VALUES (1)")
    assert schema.rewind().recloned is None
    assert state_of(schema) == before
    change(schema, "INSERT INTO tomb VALUES (1)")
    assert "trigger keep" in (schema.rewind().recloned or "nothing")
    assert state_of(schema) == before


def test_a_cascade_fires_no_trigger(make_schema: MakeSchema) -> None:
    schema = make_schema("""
        CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE noted (what text);
        CREATE TABLE child (parent int REFERENCES parent ON DELETE CASCADE);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO noted VALUES (tg_op); RETURN NULL; END $$;
        CREATE TRIGGER note AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION note();
        CREATE TYPE mood AS ENUM (); CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1';
    """)
    before = state_of(schema)
    change(schema, "INSERT INTO parent VALUES (1)")
    assert schema.rewind().recloned is None
    assert state_of(schema) == before


def test_forced_row_security_hides_nothing(make_schema: MakeSchema) -> None:
    schema = make_schema("""
        CREATE TABLE secret (id int); CREATE TABLE seeded (id int);
        INSERT INTO seeded VALUES (1);
        ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY;
        ALTER TABLE seeded ENABLE ROW LEVEL SECURITY; ALTER TABLE seeded FORCE ROW LEVEL SECURITY;
        CREATE POLICY writing ON secret FOR INSERT WITH CHECK (true);
    """)
    change(schema, "INSERT INTO secret VALUES (1)")
    assert "row security is forced" in (schema.rewind().recloned or "nothing")
    change(schema, "ALTER TABLE secret NO FORCE ROW LEVEL SECURITY; ALTER TABLE seeded NO FORCE ROW LEVEL SECURITY")
    with schema.connect() as connection:
        assert connection.execute("SELECT count(*) FROM secret").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM seeded").fetchone() == (1,)


def test_a_prepared_transaction_is_rolled_back(make_schema: MakeSchema) -> None:
    schema, other = make_schema(SHOP), make_schema(SHOP)
    for place, name in ((schema, "ours"), (other, "theirs")):
        change(place, "BEGIN; INSERT INTO scratch VALUES (1); PREPARE TRANSACTION 'x'".replace("'x'", f"'{name}'"))
    assert [backend.prepared for backend in schema.rewind().terminated] == ["ours"]
    assert [backend.prepared for backend in other.rewind().terminated] == ["theirs"]


def test_one_role_sees_it_by_its_url_and_nothing_else_changes(make_schema: MakeSchema, shared: Server) -> None:
    databases = "SELECT count(*) FROM pg_database WHERE datname LIKE 'greenshift%'"
    with shared.connect() as connection:
        before = connection.execute("SELECT count(*) FROM pg_class").fetchall()
        databases_before = connection.execute(databases).fetchall()
    schema = make_schema(SHOP)
    with psycopg.connect(schema.url()) as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == (schema.name,)
        assert connection.execute("SHOW search_path").fetchone() == (f"{schema.name},public",)
    assert "search_path" not in schema.url("asyncpg")
    schema.drop()
    schema.drop()
    with shared.connect() as connection:
        assert connection.execute("SELECT count(*) FROM pg_class").fetchall() == before
        assert connection.execute(databases).fetchall() == databases_before


def test_public_with_tables_is_left_out_of_the_path(
    make_schema: MakeSchema, shared: Server, any_server: Server
) -> None:
    with any_server.connect(shared.maintenance_database) as connection:
        connection.execute("CREATE TABLE public.person (id int)")
        connection.execute(f"GRANT ALL ON public.person TO {shared.address.user}".encode())
    schema = make_schema("CREATE TABLE IF NOT EXISTS person (id int)")
    change(schema, "INSERT INTO person VALUES (1)")
    with any_server.connect(shared.maintenance_database) as connection:
        assert connection.execute("SELECT count(*) FROM public.person").fetchone() == (0,)
    assert schema.notice is not None
    assert "public" in schema.notice


def test_a_leaked_transaction_is_told_and_ended(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    with psycopg.connect(schema.url(), application_name="leaky") as leaky:
        leaky.execute("INSERT INTO scratch VALUES (42)")
        assert [backend.application_name for backend in schema.connections()] == ["leaky"]
        report = schema.rewind(wait=0.05)
        (ended,) = report.terminated
        assert (ended.application_name, ended.query) == ("leaky", "INSERT INTO scratch VALUES (42)")
        assert report.waited_seconds >= 0.05
        with pytest.raises(psycopg.OperationalError):
            leaky.execute("SELECT 1")
    assert schema.connections() == []


def test_a_leaked_table_that_is_being_created_is_seen(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    leaky = psycopg.connect(schema.url())
    leaky.execute("CREATE TABLE unseen (id int)")
    assert len(schema.rewind().terminated) == 1
    leaky.close()


def test_a_short_transaction_is_waited_for(make_schema: MakeSchema) -> None:
    schema = make_schema(SHOP)
    began = threading.Event()

    def work() -> None:
        with psycopg.connect(schema.url()) as connection:
            connection.execute("INSERT INTO scratch VALUES (1)")
            began.set()
            time.sleep(0.1)

    thread = threading.Thread(target=work)
    thread.start()
    began.wait()
    report = schema.rewind(wait=5)
    thread.join()
    assert report.terminated == []
    assert report.dirty_tables == 1


def test_transactions_elsewhere_are_left_alone(make_schema: MakeSchema, shared: Server, any_server: Server) -> None:
    schema, other = make_schema(SHOP), make_schema(SHOP)
    with (
        psycopg.connect(other.url()) as neighbour,
        any_server.connect(shared.maintenance_database) as administrator,
        administrator.transaction(),
    ):
        neighbour.execute("INSERT INTO scratch VALUES (1)")
        administrator.execute(f"SELECT count(*) FROM {schema.name}.person".encode())
        change(schema, ADDITIONS["rows"])
        assert schema.rewind().terminated == []
        assert neighbour.execute("SELECT count(*) FROM scratch").fetchone() == (1,)
        assert administrator.execute("SELECT 1").fetchone() == (1,)


def test_the_keeper_may_be_ended(make_schema: MakeSchema, shared: Server) -> None:
    schema = make_schema(SHOP)
    before = state_of(schema)
    change(schema, ADDITIONS["rows"])
    with shared.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (schema.keeper_pid,))
    time.sleep(0.05)
    assert schema.rewind().recloned is None
    assert state_of(schema) == before


def test_keep_puts_it_aside(make_schema: MakeSchema, shared: Server) -> None:
    schema = make_schema(SHOP)
    before = state_of(schema)
    change(schema, ADDITIONS["rows"])
    command = schema.keep("test_a")
    assert state_of(schema) == before
    program, conninfo = shlex.split(command)
    assert program == "psql"
    with psycopg.connect(conninfo, autocommit=True) as connection:
        assert connection.execute("SELECT name FROM person ORDER BY 1").fetchall() == [("anna",), ("ben",)]
    schema.keep("test_a")
    schema.drop()
    assert schemas_of(shared) == ["greenshift_kept_test_a"]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM person").fetchone() == (0,)


def test_a_failing_build_leaves_nothing(make_schema: MakeSchema, shared: Server) -> None:
    with pytest.raises(TemplateError, match="a test's schema in a schema failed: SyntaxError"):
        make_schema("CREATE TABLE a (id int); nonsense")
    assert schemas_of(shared) == []


def test_a_schema_without_marker_is_never_dropped(make_schema: MakeSchema, shared: Server, shared_run: Run) -> None:
    place = SchemaPlace(shared_run, "main")
    with shared.connect() as connection:
        connection.execute(f"CREATE SCHEMA {place.name}".encode())
        connection.execute(f"CREATE TABLE {place.name}.precious (id int)".encode())
    with pytest.raises(ForeignDatabaseError, match="not made by Greenshift"):
        SchemaDatabase(place, source_of(SHOP))
    with shared.connect() as connection:
        assert connection.execute(f"SELECT count(*) FROM {place.name}.precious".encode()).fetchone() == (0,)


def test_a_role_that_may_not_create_schemas_is_told_what_it_needs(
    make_schema: MakeSchema, shared: Server, any_server: Server
) -> None:
    with any_server.connect() as connection:
        connection.execute(
            f"REVOKE CREATE ON DATABASE {shared.maintenance_database} FROM {shared.address.user}".encode()
        )
    with pytest.raises(TemplateError, match="GRANT CREATE ON DATABASE"):
        make_schema(SHOP)


def test_a_lock_of_another_role_makes_the_drop_fail_clearly(
    make_schema: MakeSchema, shared: Server, any_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("greenshift.postgres.schemas.dropping.LOCK_TIMEOUT", 100)
    schema = make_schema(SHOP)
    with any_server.connect(shared.maintenance_database) as administrator, administrator.transaction():
        administrator.execute(f"SELECT count(*) FROM {schema.name}.person".encode())
        with pytest.raises(DatabaseError, match="another role's session"):
            schema.reclone()
    schema.reclone()
    assert schema.generation == 1

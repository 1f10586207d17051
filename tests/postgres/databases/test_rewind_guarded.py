"""What cannot be put back in place without side effects is cloned anew, and the report says why."""

from __future__ import annotations

import pytest
from digest import digest
from made_templates import MakeDatabase

from greenshift.postgres import Database

NOTE = """
CREATE TABLE log(what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (tg_op); RETURN NULL; END $$;
"""
EVENTS = """
CREATE TABLE commands(tag text);
CREATE FUNCTION remember() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS
  $$ BEGIN INSERT INTO commands VALUES (tg_tag); END $$;
CREATE FUNCTION strict() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN IF tg_tag = 'CREATE SCHEMA' THEN RAISE EXCEPTION 'no more schemas'; END IF; END $$;
CREATE SEQUENCE q CACHE 10; CREATE TABLE t(id bigint DEFAULT nextval('q'));
CREATE EVENT TRIGGER remember ON ddl_command_end EXECUTE FUNCTION remember();
CREATE EVENT TRIGGER strict ON ddl_command_end EXECUTE FUNCTION strict();
"""


def digest_of(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        return digest(connection)


def reason_after(database: Database, *statements: str) -> str | None:
    before = digest_of(database)
    with database.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())
        reason = database.rewind().recloned
        connection.close()
    assert digest_of(database) == before
    assert database.rewind().recloned is None
    return reason


@pytest.mark.parametrize(
    ("table", "guard", "change", "reason"),
    [
        (
            "",
            "TRIGGER g AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION note()",
            "INSERT INTO t VALUES (1)",
            "trigger g",
        ),
        ("", "TRIGGER g AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()", "INSERT INTO t VALUES (1)", None),
        (
            "INSERT INTO t VALUES (5);",
            "TRIGGER g AFTER INSERT ON t FOR EACH STATEMENT EXECUTE FUNCTION note()",
            "UPDATE t SET id = 6",
            "trigger g",
        ),
        (
            "INSERT INTO t VALUES (5);",
            "TRIGGER g AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()",
            "UPDATE t SET id = 6",
            None,
        ),
        ("", "RULE g AS ON DELETE TO t DO INSTEAD NOTHING", "INSERT INTO t VALUES (1)", "rule g"),
        ("INSERT INTO t VALUES (5);", "RULE g AS ON INSERT TO t DO INSTEAD NOTHING", "DELETE FROM t", "rule g"),
    ],
)
@pytest.mark.parametrize("mode", ["ALWAYS", "REPLICA"])
def test_triggers_and_rules_that_fire_for_replicas_too(
    make_database: MakeDatabase, mode: str, table: str, guard: str, change: str, reason: str | None
) -> None:
    kind = guard.split()[0]
    database = make_database(
        f"{NOTE} CREATE TABLE t(id int); {table} CREATE {guard}; ALTER TABLE t ENABLE {mode} {kind} g;"
    )
    assert reason_after(database, "SELECT 1") is None
    found = reason_after(database, change)
    if reason is None:
        assert found is None
    else:
        assert reason in (found or "")
        assert "public.t" in (found or "")


def test_event_triggers_of_the_application_see_nothing_of_it(make_database: MakeDatabase) -> None:
    database = make_database(EVENTS)
    with database.connect() as connection:
        # Only what the schema itself did after making the trigger; the seal is not among it.
        assert connection.execute("SELECT tag FROM commands").fetchall() in (
            [("CREATE EVENT TRIGGER",)],
            [],
        )
    assert reason_after(database, "INSERT INTO t DEFAULT VALUES") is None
    assert reason_after(database, "CREATE TABLE n(id int)") == "the schema was changed"


def test_event_triggers_that_fire_for_replicas_keep_cached_sequences_from_being_restarted(
    make_database: MakeDatabase,
) -> None:
    database = make_database(EVENTS.replace("strict", "careful") + "ALTER EVENT TRIGGER remember ENABLE ALWAYS")
    assert reason_after(database, "SELECT count(*) FROM commands") is None
    with database.connect() as connection:
        assert connection.execute("SELECT evtenabled FROM pg_event_trigger WHERE evtname = 'remember'").fetchone() == (
            "A",
        )
    assert "cached sequence public.q" in (reason_after(database, "INSERT INTO t DEFAULT VALUES") or "")


@pytest.mark.parametrize(
    "change",
    [
        "SELECT lo_put(4711, 0, 'H')",
        "SELECT lo_unlink(4711)",
        "SELECT lo_create(4712)",
        "SELECT lo_put(4711, 100000, 'far')",
        "GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC",
    ],
)
def test_large_objects_of_the_template(make_database: MakeDatabase, change: str) -> None:
    database = make_database("SELECT lo_from_bytea(4711, 'hello')")
    assert reason_after(database, "SELECT lo_get(4711)") is None
    assert reason_after(database, change) in ("large objects of the template were changed", "the schema was changed")


def test_rows_that_their_own_table_would_refuse(make_database: MakeDatabase) -> None:
    database = make_database(
        "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, -1);"
        " ALTER TABLE t ADD CHECK (n > 0) NOT VALID; CREATE TABLE bare(); INSERT INTO bare DEFAULT VALUES"
    )
    assert "rewinding in place failed: new row" in (reason_after(database, "DELETE FROM t") or "")
    assert "public.bare" in (reason_after(database, "DELETE FROM bare") or "")

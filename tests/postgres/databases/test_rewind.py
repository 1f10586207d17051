"""Rewinding in place: every kind of table, sequence and change that leaves the schema as it is."""

# ruff: noqa: E501 - schemas read better as SQL is written
from __future__ import annotations

import contextlib
from dataclasses import dataclass, field

import psycopg
import pytest
from digest import digest, dump
from made_templates import MakeDatabase

from greenshift.postgres import Database


@dataclass(frozen=True)
class Case:
    """A schema with its seeds, and changes that must leave no trace after a rewind in place."""

    name: str
    schema: str
    changes: list[str] = field(default_factory=list)


CASES = [
    Case(
        "foreign keys, also in a cycle and to itself",
        """CREATE TABLE a(id int PRIMARY KEY, b int);
           CREATE TABLE b(id int PRIMARY KEY, a int REFERENCES a);
           ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
           CREATE TABLE tree(id int PRIMARY KEY, parent int REFERENCES tree ON DELETE RESTRICT)""",
        [
            "BEGIN; INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1); COMMIT",
            "INSERT INTO tree VALUES (1, NULL), (2, 1), (3, 2)",
        ],
    ),
    Case(
        "a seeded table referenced by others and referencing them",
        """CREATE TABLE kind(id int PRIMARY KEY, name text UNIQUE);
           CREATE TABLE thing(id serial PRIMARY KEY, kind int NOT NULL REFERENCES kind ON DELETE CASCADE);
           INSERT INTO kind VALUES (1, 'one'), (2, 'two'), (3, 'three'); INSERT INTO thing(kind) VALUES (1), (2)""",
        ["DELETE FROM kind WHERE id = 1", "INSERT INTO kind VALUES (9, 'nine')", "INSERT INTO thing(kind) VALUES (9)"],
    ),
    Case(
        "identity, serial and free sequences",
        """CREATE TABLE i(id int GENERATED ALWAYS AS IDENTITY, s serial, b bigserial, v text);
           INSERT INTO i(v) VALUES ('x'), ('y');
           CREATE SEQUENCE never; CREATE SEQUENCE down INCREMENT -3 START 10 MAXVALUE 10 MINVALUE -1000;
           CREATE SEQUENCE small AS smallint CYCLE MAXVALUE 3; CREATE SEQUENCE moved; SELECT setval('moved', 77);
           CREATE SEQUENCE uncalled; SELECT setval('uncalled', 5, false); CREATE UNLOGGED TABLE u(id serial)""",
        [
            "INSERT INTO i(v) VALUES ('z')",
            "INSERT INTO i OVERRIDING SYSTEM VALUE VALUES (500, 1, 1, 'q')",
            "SELECT setval('never', 42, false), setval('moved', 42, false), nextval('uncalled')",
            "SELECT nextval('down'), nextval('down'), nextval('small'), nextval('small'), nextval('small'), nextval('small')",
            "BEGIN; SELECT nextval('never'); ROLLBACK",
            "INSERT INTO u DEFAULT VALUES",
        ],
    ),
    Case(
        "TRUNCATE, with and without restarting identities",
        """CREATE TABLE p(id serial PRIMARY KEY, v text); CREATE TABLE c(id serial, p int REFERENCES p);
           INSERT INTO p(v) SELECT 'v' || n FROM generate_series(1, 30) n; INSERT INTO c(p) SELECT n FROM generate_series(1, 30) n;
           CREATE TABLE e(id serial)""",
        [
            "TRUNCATE p RESTART IDENTITY CASCADE",
            "INSERT INTO e DEFAULT VALUES; TRUNCATE e; INSERT INTO e DEFAULT VALUES",
            "TRUNCATE c; INSERT INTO p(v) VALUES ('again')",
        ],
    ),
    Case(
        "partitions: empty, seeded, nested, moved between",
        """CREATE TABLE m(id int, day date, v text, CHECK (id > 0)) PARTITION BY RANGE (day);
           CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
           CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (v);
           CREATE TABLE m2a PARTITION OF m2 FOR VALUES IN ('a'); CREATE TABLE md PARTITION OF m DEFAULT;
           INSERT INTO m VALUES (1, '2026-01-05', 'a'), (3, '2030-01-01', 'z')""",
        [
            "INSERT INTO m VALUES (2, '2026-02-05', 'a'), (4, '2026-01-06', 'b')",
            "UPDATE m SET day = '2026-02-07', v = 'a' WHERE id = 1",
            "DELETE FROM m WHERE id = 3",
            "INSERT INTO m1 VALUES (7, '2026-01-30', 'direct')",
            "TRUNCATE m",
        ],
    ),
    Case(
        "inheritance: rows of the parent and of its children",
        """CREATE TABLE base(id int PRIMARY KEY, v text); CREATE TABLE child(extra int, PRIMARY KEY (id)) INHERITS (base);
           CREATE TABLE grandchild() INHERITS (child);
           INSERT INTO base VALUES (1, 'b'); INSERT INTO child VALUES (2, 'c', 2); INSERT INTO grandchild VALUES (3, 'g', 3)""",
        [
            "UPDATE base SET v = 'changed'",
            "INSERT INTO grandchild VALUES (4, 'new', 4); INSERT INTO base VALUES (9, 'new')",
            "DELETE FROM base",
            "UPDATE child SET extra = 0",
        ],
    ),
    Case(
        "unlogged tables",
        "CREATE UNLOGGED TABLE u(id int PRIMARY KEY, v text); INSERT INTO u VALUES (1, 'x'); CREATE UNLOGGED TABLE w(v text)",
        ["INSERT INTO u VALUES (2, 'y'); INSERT INTO w VALUES ('z')", "UPDATE u SET v = 'other'", "TRUNCATE u, w"],
    ),
    Case(
        "generated columns",
        """CREATE TABLE g(id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) STORED);
           INSERT INTO g(id, n) VALUES (1, 10), (2, 20);
           CREATE TABLE gk(n int NOT NULL, k int GENERATED ALWAYS AS (n + 1) STORED UNIQUE); INSERT INTO gk VALUES (1), (2)""",
        [
            "UPDATE g SET n = 7",
            "DELETE FROM g WHERE id = 1; INSERT INTO g(id, n) VALUES (3, 1)",
            "DELETE FROM gk WHERE k = 2",
        ],
    ),
    Case(
        "triggers and rules that forbid deletes or rewrite inserts",
        """CREATE TABLE ledger(id serial PRIMARY KEY, v text); CREATE TABLE log(what text);
           CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$;
           CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (tg_op); RETURN NEW; END $$;
           INSERT INTO ledger(v) VALUES ('seed');
           CREATE TRIGGER no_delete BEFORE DELETE ON ledger FOR EACH ROW EXECUTE FUNCTION refuse();
           CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse();
           CREATE TRIGGER noted AFTER INSERT OR UPDATE ON ledger FOR EACH ROW EXECUTE FUNCTION note();
           CREATE TABLE ruled(v text); CREATE RULE keep AS ON DELETE TO ruled DO INSTEAD NOTHING;
           CREATE TABLE mute(v text); INSERT INTO mute VALUES ('m'); CREATE RULE mute AS ON INSERT TO mute DO INSTEAD NOTHING""",
        [
            "INSERT INTO ledger(v) VALUES ('a'), ('b')",
            "UPDATE ledger SET v = 'changed'",
            "INSERT INTO ruled VALUES ('stays')",
            "UPDATE mute SET v = 'n'",
            "DELETE FROM mute",
        ],
    ),
    Case(
        "row-level security, forced",
        """CREATE TABLE secret(id int PRIMARY KEY, v text); INSERT INTO secret VALUES (1, 'x');
           ALTER TABLE secret ENABLE ROW LEVEL SECURITY; ALTER TABLE secret FORCE ROW LEVEL SECURITY;
           CREATE POLICY none ON secret USING (false) WITH CHECK (false); CREATE TABLE more(v text);
           ALTER TABLE more ENABLE ROW LEVEL SECURITY; ALTER TABLE more FORCE ROW LEVEL SECURITY""",
        [
            "INSERT INTO secret VALUES (2, 'y'); INSERT INTO more VALUES ('z')",
            "UPDATE secret SET v = 'q'",
            "DELETE FROM secret",
        ],
    ),
    Case(
        "odd identifiers in several schemas",
        """CREATE SCHEMA "Weird ""schema"; CREATE SCHEMA "ключ";
           CREATE TABLE "Weird ""schema"."Ta'ble {0}"("Id" serial PRIMARY KEY, "se""lect" text, "$greenshift$" int);
           CREATE TABLE "ключ"."表 %s"("столбец" text PRIMARY KEY, horizon int, number int, s int, t int, own int);
           INSERT INTO "Weird ""schema"."Ta'ble {0}"("se""lect") VALUES ('it''s');
           INSERT INTO "ключ"."表 %s" VALUES ('ключ', 1, 2, 3, 4, 5); CREATE TABLE "ключ"."CamelCase"(environment text, n int)""",
        [
            """INSERT INTO "Weird ""schema"."Ta'ble {0}"("se""lect") VALUES ('new')""",
            """UPDATE "Weird ""schema"."Ta'ble {0}" SET "$greenshift$" = 1""",
            """UPDATE "ключ"."表 %s" SET horizon = 10; INSERT INTO "ключ"."CamelCase" VALUES ('x', 1)""",
            """DELETE FROM "ключ"."表 %s\"""",
        ],
    ),
    Case(
        "domains, enumerations, composite types, arrays, ranges, json, bytes",
        """CREATE DOMAIN positive AS int CHECK (value > 0); CREATE TYPE mood AS ENUM ('sad', 'glad');
           CREATE TYPE pair AS (x int, y text); CREATE DOMAIN label AS varchar(10);
           CREATE TABLE d(p positive, m mood, a pair, l int[], r int4range, j jsonb, b bytea, f float8, n numeric,
             w label, c char(5), PRIMARY KEY (p, m, w, c, l));
           INSERT INTO d VALUES (1, 'sad', (1, 'a,"b'), '{1,NULL,3}', '[1,5)', '{"k": [1]}', '\\x00ff', 0.1, 1.50, 'w', 'c'),
             (2, 'glad', NULL, '{}', 'empty', 'null', '', 'NaN', 'NaN', '', '')""",
        ["UPDATE d SET f = 0.2 WHERE p = 1", "DELETE FROM d WHERE p = 2", "UPDATE d SET p = p + 5, n = 1.5"],
    ),
    Case(
        "exclusion, deferred and unvalidated constraints",
        """CREATE TABLE x(id int, r int4range, EXCLUDE USING gist (r WITH &&)); INSERT INTO x VALUES (1, '[1,5)'), (2, '[6,9)');
           CREATE TABLE y(id int UNIQUE DEFERRABLE INITIALLY DEFERRED, v int NOT NULL); INSERT INTO y VALUES (1, 1), (2, 2)""",
        [
            "DELETE FROM x WHERE id = 1; INSERT INTO x VALUES (3, '[2,4)')",
            "UPDATE y SET id = 3 - id",
            "UPDATE x SET r = '[100,200)' WHERE id = 2",
        ],
    ),
    Case(
        "without a key, with equal rows, with dropped columns",
        """CREATE TABLE dup(gone int, v text, w int); INSERT INTO dup VALUES (1, 'same', 1), (2, 'same', 1), (3, NULL, NULL);
           ALTER TABLE dup DROP COLUMN gone;
           CREATE TABLE dk(gone int, id int, v text, PRIMARY KEY (id)); INSERT INTO dk VALUES (1, 1, 'a'), (2, 2, 'b');
           ALTER TABLE dk DROP COLUMN gone; ALTER TABLE dk ADD late int DEFAULT 5;
           CREATE TABLE loose(id int UNIQUE, v text); INSERT INTO loose VALUES (NULL, 'a'), (NULL, 'b'), (1, 'c')""",
        [
            "DELETE FROM dup WHERE v = 'same' AND ctid = (SELECT min(ctid) FROM dup)",
            "INSERT INTO dup VALUES ('same', 1)",
            "UPDATE dk SET late = 6 WHERE id = 1; DELETE FROM dk WHERE id = 2",
            "UPDATE loose SET v = 'changed' WHERE id IS NULL",
        ],
    ),
    Case(
        "large objects",
        "CREATE TABLE doc(id int, body oid)",
        ["INSERT INTO doc SELECT 1, lo_from_bytea(0, 'hello'::bytea)", "SELECT lo_create(4711), lo_create(4712)"],
    ),
    Case(
        "wide rows outside the table proper",
        "CREATE TABLE wide(id int PRIMARY KEY, v text); INSERT INTO wide SELECT 1, string_agg(md5(n::text), '') FROM generate_series(1, 5000) n",
        ["UPDATE wide SET v = v || 'x'", "INSERT INTO wide SELECT 2, v FROM wide", "DELETE FROM wide"],
    ),
    Case(
        "rows changed back, locked, or written and rolled back",
        "CREATE TABLE s(id int PRIMARY KEY, v text); INSERT INTO s SELECT n, 'v' FROM generate_series(1, 50) n; CREATE TABLE e(v int)",
        [
            "UPDATE s SET v = 'w'; UPDATE s SET v = 'v'",
            "BEGIN; SELECT * FROM s FOR UPDATE; COMMIT",
            "BEGIN; DELETE FROM s; INSERT INTO e VALUES (1); ROLLBACK",
            "BEGIN; SAVEPOINT a; INSERT INTO s VALUES (100, 'x'); RELEASE a; SAVEPOINT b; DELETE FROM s WHERE id < 9; COMMIT",
        ],
    ),
    Case(
        "views that are written through",
        """CREATE TABLE t(id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'x'); CREATE VIEW shown AS SELECT * FROM t;
           CREATE MATERIALIZED VIEW stored AS SELECT count(*) AS n FROM t""",
        ["INSERT INTO shown VALUES (2, 'y')", "UPDATE shown SET v = 'z'", "DELETE FROM shown"],
    ),
]


def test_columns_computed_on_reading(make_database: MakeDatabase) -> None:
    case = "CREATE TABLE g(id int PRIMARY KEY, n int, twice int GENERATED ALWAYS AS (n * 2) {})"
    database = make_database("SELECT 1")
    kind = "VIRTUAL" if database.server.version >= 180000 else "STORED"
    database = make_database(f"{case.format(kind)}; INSERT INTO g(id, n) VALUES (1, 10), (2, 20)")
    changed_and_rewound(database, ["UPDATE g SET n = 7", "DELETE FROM g WHERE id = 1"])


def changed_and_rewound(database: Database, changes: list[str]) -> None:
    before = digest_of(database)
    for round_ in range(2):
        for change in [*changes, *reversed(changes)][round_ * len(changes) :][: len(changes)]:
            try_change(database, change)
        report = database.rewind()
        assert report.recloned is None
        assert digest_of(database) == before
    for change in changes:
        try_change(database, change)
        assert database.rewind().recloned is None
        assert digest_of(database) == before, change


def try_change(database: Database, change: str) -> None:
    """Make a change; what a constraint or trigger of the schema refuses is part of the game."""
    with database.connect() as connection, contextlib.suppress(psycopg.IntegrityError, psycopg.errors.RaiseException):
        connection.execute(change.encode())


def digest_of(database: Database) -> dict[str, str]:
    with database.connect() as connection:
        return digest(connection)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_leaves_no_trace(case: Case, make_database: MakeDatabase) -> None:
    database = make_database(case.schema)
    before = dump(database.server, database.name)
    changed_and_rewound(database, case.changes)
    assert dump(database.server, database.name) == before

"""Random schemas with seeds: of everything that a rewind has to bring back, some of it, in random combination."""

# ruff: noqa: E501 - SQL reads better unbroken
from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

ENUM = ("sad", "glad", "so-so")
# A column's type, and a way to make a random value of it.
TYPES = (
    "int",
    "text",
    "mood",
    "positive",
    "int[]",
    "jsonb",
    "numeric",
    "timestamptz",
    "bytea",
    "pair",
    "float8",
    "uuid",
)


@dataclass
class Column:
    """A column that a change may write."""

    name: str
    type: str


@dataclass
class Table:
    """A table, or the root of partitions, that changes may use."""

    name: str
    columns: list[Column] = field(default_factory=list)
    seeded: int = 0
    index: str | None = None


@dataclass
class Schema:
    """What was made: the statements, and what changes can work on."""

    statements: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    stored_views: list[tuple[str, bool]] = field(default_factory=list)
    spaces: list[str] = field(default_factory=list)

    def add(self, statement: str) -> None:
        """Append a statement."""
        self.statements.append(statement)


def value(random: Random, type_: str) -> str:
    """Return an SQL expression of a type; often NULL-free and from a small range, so that rows meet each other."""
    number = random.randrange(40)
    word = random.choice(["a", "b", "c", "it''s", "ключ", "", "long " * 3])
    return {
        "int": str(number),
        "text": f"'{word}{number}'" + random.choice([""] * 9 + [" || repeat('x', 3000)"]),
        "mood": f"'{random.choice(ENUM)}'",
        "positive": str(number + 1),
        "int[]": f"'{{{number},NULL,{number}}}'",
        "jsonb": f"'{{\"k\": {number}}}'",
        "numeric": random.choice(["1.50", "1.5", "'NaN'", str(number)]),
        "timestamptz": random.choice(["now()", "'2026-01-01'", "'infinity'", "clock_timestamp()"]),
        "bytea": f"'\\x{number:02x}00ff'",
        "pair": f"ROW({number}, 'p')",
        "float8": random.choice(["0.1", "'-0'", "'NaN'", str(number)]),
        "uuid": f"md5('{number}')::uuid",
        "date": f"'2026-0{random.randrange(1, 5)}-11'",
    }[type_]


def row(random: Random, columns: list[Column]) -> str:
    """Return a parenthesised row of values for columns."""
    return "(" + ", ".join(value(random, column.type) for column in columns) + ")"


def insert(random: Random, table: Table, count: int, tail: str = "") -> str:
    """Return an INSERT of some rows into a table."""
    if not table.columns:
        return f"INSERT INTO {table.name} DEFAULT VALUES"
    names = ", ".join(column.name for column in table.columns)
    rows = ", ".join(row(random, table.columns) for _ in range(count))
    return f"INSERT INTO {table.name} ({names}) VALUES {rows}{tail}"


def random_schema(random: Random) -> Schema:
    """Return a random schema."""
    schema = Schema()
    schema.spaces = ["public", *random.sample(['"Odd ""Name"', "app", '"схема"'], random.randrange(3))]
    for space in schema.spaces[1:]:
        schema.add(f"CREATE SCHEMA {space}")
    schema.add(f"CREATE TYPE mood AS ENUM {ENUM}")
    schema.add("CREATE DOMAIN positive AS int CHECK (value > 0)")
    schema.add("CREATE TYPE pair AS (x int, y text)")
    schema.add("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'never'; END $$")
    schema.add("CREATE TABLE noted(at timestamptz DEFAULT now(), what text)")
    schema.add(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO public.noted(what) VALUES (tg_op); RETURN coalesce(NEW, OLD); END $$"
    )
    plain = [_plain_table(random, schema, number) for number in range(random.randrange(1, 6))]
    _references(random, schema, [table for table, logged in plain if logged])
    if random.random() < 0.5:
        _partitions(random, schema)
    if random.random() < 0.4:
        _inheritance(random, schema)
    if random.random() < 0.3:
        name = f"{random.choice(schema.spaces)}.booking"
        key = random.choice(["", "id int PRIMARY KEY, "])
        schema.add(f"CREATE TABLE {name}({key}r int4range, EXCLUDE USING gist (r WITH &&))")
        schema.add(f"INSERT INTO {name} VALUES ({'1, ' if key else ''}'[1,5)'), ({'2, ' if key else ''}'[7,9)')")
        schema.tables.append(Table(name, [Column("id", "int")] if key else []))
    _sequences(random, schema)
    _seed(random, schema)
    _triggers(random, schema)
    _views(random, schema)
    if random.random() < 0.1:
        schema.add("SELECT lo_from_bytea(4242, 'seeded'::bytea)")
    if random.random() < 0.2:
        schema.add(
            "-- may fail\nSELECT setval(oid, 100 + oid::bigint % 50, oid::bigint % 2 = 0) FROM pg_class"
            " WHERE relkind = 'S' AND relname LIKE '%id_seq'"
        )
    return schema


_KEYS = (
    "id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "id bigint GENERATED BY DEFAULT AS IDENTITY (CACHE 5) PRIMARY KEY",
    "id serial PRIMARY KEY",
    "id serial UNIQUE DEFERRABLE INITIALLY DEFERRED",
    "id uuid PRIMARY KEY DEFAULT gen_random_uuid()",
    "id serial",
)


def _plain_table(random: Random, schema: Schema, number: int) -> tuple[Table, bool]:
    name = f"{random.choice(schema.spaces)}." + random.choice([f"t{number}", f'"Table {number}"', f'"表{number}"'])
    table = Table(name)
    parts = []
    if random.random() < 0.8:
        parts.append(random.choice(_KEYS))
    for place in range(random.randrange(1, 5)):
        column = Column(random.choice([f"c{place}", f'"C {place}"', f'"number{place}"']), random.choice(TYPES))
        table.columns.append(column)
        unique = " UNIQUE" if random.random() < 0.15 and column.type not in ("jsonb", "pair") else ""
        parts.append(f"{column.name} {column.type}{unique}")
    if random.random() < 0.3:
        parts.append("base int DEFAULT 3, twice int GENERATED ALWAYS AS (base * 2) STORED")
        table.columns.append(Column("base", "int"))
    if random.random() < 0.15:
        parts.append("horizon int DEFAULT 1")
    keyed = "PRIMARY KEY" not in parts[0] and random.random() < 0.5
    if keyed:
        candidates = [c for c in table.columns if c.type in ("int", "text", "mood", "positive", "int[]", "numeric")]
        if candidates:
            chosen = random.sample(candidates, random.randrange(1, len(candidates) + 1))
            parts.append(f"PRIMARY KEY ({', '.join(c.name for c in chosen)})")
    unlogged = random.random() < 0.15
    dropped = random.random() < 0.25
    columns = (["gone int"] if dropped else []) + parts
    schema.add(f"CREATE {'UNLOGGED ' if unlogged else ''}TABLE {name} ({', '.join(columns)})")
    if dropped:
        schema.add(f"ALTER TABLE {name} DROP COLUMN gone")
    if random.random() < 0.2:
        schema.add(
            f"CREATE INDEX index_{number} ON {name} ({table.columns[0].name})" if _sortable(table) else "SELECT 1"
        )
        table.index = f"index_{number}" if _sortable(table) else None
    if random.random() < 0.15:
        schema.add(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        schema.add(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        schema.add(f"CREATE POLICY nobody ON {name} USING (false)")
    schema.tables.append(table)
    return table, not unlogged


def _sortable(table: Table) -> bool:
    return table.columns[0].type not in ("jsonb", "pair")


def _references(random: Random, schema: Schema, tables: list[Table]) -> None:
    for table in tables:
        # Each has a column that the others may point at.
        schema.add(f"ALTER TABLE {table.name} ADD ref_key int UNIQUE")
        table.columns.append(Column("ref_key", "int"))
    for number, table in enumerate(tables):
        for other in random.sample(tables, random.randrange(min(3, len(tables)) + 1)):
            column = f"to_{number}_{tables.index(other)}"
            action = random.choice(["", " ON DELETE CASCADE", " ON DELETE SET NULL", " ON UPDATE CASCADE"])
            deferred = random.choice(["", " DEFERRABLE INITIALLY DEFERRED"])
            schema.add(f"ALTER TABLE {table.name} ADD {column} int")
            schema.add(
                f"ALTER TABLE {table.name} ADD FOREIGN KEY ({column})"
                f" REFERENCES {other.name} (ref_key){action}{deferred}"
            )
            table.columns.append(Column(column, "int"))


def _partitions(random: Random, schema: Schema) -> None:
    name = f"{random.choice(schema.spaces)}.measured"
    space = name.rsplit(".", 1)[0]
    key = random.choice(["", ", PRIMARY KEY (id, day)"])
    schema.add(f"CREATE TABLE {name} (id serial, day date NOT NULL, kind int, v text{key}) PARTITION BY RANGE (day)")
    for month in range(1, random.randrange(2, 5)):
        bounds = f"FROM ('2026-0{month}-01') TO ('2026-0{month + 1}-01')"
        if month == 2 and not key:
            schema.add(
                f"CREATE TABLE {space}.measured_2 PARTITION OF {name} FOR VALUES {bounds} PARTITION BY LIST (kind)"
            )
            schema.add(f"CREATE TABLE {space}.measured_2_low PARTITION OF {space}.measured_2 FOR VALUES IN (1, 2, 3)")
            schema.add(f"CREATE TABLE {space}.measured_2_rest PARTITION OF {space}.measured_2 DEFAULT")
        else:
            schema.add(f"CREATE TABLE {space}.measured_{month} PARTITION OF {name} FOR VALUES {bounds}")
    if random.random() < 0.7:
        schema.add(f"CREATE TABLE {space}.measured_default PARTITION OF {name} DEFAULT")
    columns = [Column("day", "date"), Column("kind", "int"), Column("v", "text")]
    schema.tables.append(Table(name, columns))
    schema.tables.append(Table(f"{space}.measured_1", columns))


def _inheritance(random: Random, schema: Schema) -> None:
    space = random.choice(schema.spaces)
    key = random.choice([" PRIMARY KEY", ""])
    schema.add(f"CREATE TABLE {space}.base (id int{key}, v text)")
    schema.add(f"CREATE TABLE {space}.child (extra int) INHERITS ({space}.base)")
    schema.add(f"CREATE TABLE {space}.grandchild (PRIMARY KEY (id)) INHERITS ({space}.child)")
    columns = [Column("id", "int"), Column("v", "text")]
    for name in ("base", "child", "grandchild"):
        schema.tables.append(Table(f"{space}.{name}", columns))


def _sequences(random: Random, schema: Schema) -> None:
    forms = ["", "CACHE 7", "INCREMENT -2 MAXVALUE 5 START 5 MINVALUE -500", "AS smallint CYCLE MAXVALUE 4", "START 90"]
    for number in range(random.randrange(4)):
        name = f'{random.choice(schema.spaces)}."Seq {number}"'
        schema.add(f"CREATE SEQUENCE {name} {random.choice(forms)}")
        if random.random() < 0.5:
            schema.add(f"SELECT nextval('{name}')")
        schema.sequences.append(name)


def _seed(random: Random, schema: Schema) -> None:
    for table in schema.tables:
        if random.random() < 0.55:
            # A constraint may refuse some rows; the rest are the seeds.
            for _ in range(random.randrange(1, 6)):
                schema.add(f"-- may fail\n{insert(random, table, random.randrange(1, 4))}")
            table.seeded = 1
    if random.random() < 0.12:
        schema.add("CREATE TABLE public.big (id serial PRIMARY KEY, v text, n int)")
        schema.add("INSERT INTO public.big (v, n) SELECT 'v' || i, i FROM generate_series(1, 700) i")
        schema.tables.append(Table("public.big", [Column("v", "text"), Column("n", "int")], 700))


def _triggers(random: Random, schema: Schema) -> None:
    for number, table in enumerate(schema.tables):
        chance = random.random()
        if chance < 0.12:
            schema.add(
                f"CREATE TRIGGER forbid{number} BEFORE DELETE ON {table.name} FOR EACH ROW EXECUTE FUNCTION public.refuse()"
            )
        elif chance < 0.25:
            when = random.choice(["INSERT", "INSERT OR UPDATE OR DELETE"])
            schema.add(
                f"CREATE TRIGGER note{number} AFTER {when} ON {table.name} FOR EACH ROW EXECUTE FUNCTION public.note()"
            )
            if random.random() < 0.3:
                schema.add(
                    f"ALTER TABLE {table.name} ENABLE {random.choice(['ALWAYS', 'REPLICA'])} TRIGGER note{number}"
                )
        elif chance < 0.3 and "measured" not in table.name:
            schema.add(f"CREATE RULE keep{number} AS ON DELETE TO {table.name} DO INSTEAD NOTHING")


def _views(random: Random, schema: Schema) -> None:
    for number, table in enumerate(schema.tables):
        chance = random.random()
        space = random.choice(schema.spaces)
        if chance < 0.15:
            schema.add(f"CREATE VIEW {space}.view{number} AS SELECT * FROM {table.name}")
        elif chance < 0.3:
            empty = " WITH NO DATA" if random.random() < 0.3 else ""
            schema.add(
                f"CREATE MATERIALIZED VIEW {space}.stored{number} AS SELECT 1 AS one, count(*) AS n FROM {table.name}{empty}"
            )
            unique = random.random() < 0.5
            if unique:
                schema.add(f"CREATE UNIQUE INDEX ON {space}.stored{number} (one)")
            schema.stored_views.append((f"{space}.stored{number}", unique and not empty))

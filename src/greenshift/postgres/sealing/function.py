"""Write the function that rewinds a clone, for exactly the tables and sequences of its template."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from greenshift.postgres.sealing.catalog import SCHEMA, SealedSequence, SealedTable

# A table emptied by DELETE keeps its pages; beyond this many they are given back.
BLOATED_PAGES = 16


@dataclass(frozen=True)
class SealedSeed:
    """How a table that holds rows in the template is watched and brought back.

    Args:
        table: the table.
        copy: the qualified name of the copy of its rows, or None where there is none (then a change is a reclone).
        touched: the qualified names of the sequences that triggers move when it may have changed; empty where its
            rows are looked at each time.
    """

    table: SealedTable
    copy: str | None
    touched: tuple[str, ...] = ()


@dataclass(frozen=True)
class SealedPlan:
    """Everything that the function has to know.

    Args:
        version: the server's ``server_version_num``.
        empty: the tables that hold no row in the template.
        seeds: those that do.
        sequences: the sequences.
        large_objects: how many large objects the template holds.
        large_object_pages: how many rows their data takes in ``pg_largeobject``.
        restart_cached: whether a cached sequence may be restarted by ALTER SEQUENCE (no event trigger of the
            user's would fire on it).
    """

    version: int
    empty: Sequence[SealedTable]
    seeds: Sequence[SealedSeed]
    sequences: Sequence[SealedSequence]
    large_objects: int
    large_object_pages: int
    restart_cached: bool


def environment_function() -> str:
    """Return the statement that creates the function which tells the state that no event trigger reports."""
    return f"""
CREATE FUNCTION {SCHEMA}.environment() RETURNS text LANGUAGE sql STABLE AS $$
SELECT ROW(d.datdba, d.datacl, d.datallowconn, d.datconnlimit, d.datistemplate,
    ARRAY(SELECT (s.setrole, s.setconfig)::text FROM pg_db_role_setting s WHERE s.setdatabase = d.oid ORDER BY 1),
    ARRAY(SELECT (e.oid, e.evtname, e.evtenabled, e.evtowner)::text FROM pg_event_trigger e ORDER BY 1),
    ARRAY(SELECT i.indexrelid FROM pg_index i WHERE i.indisclustered ORDER BY 1))::text
FROM pg_database d WHERE d.datname = current_database()
$$"""


def rewind_function(plan: SealedPlan) -> str:
    """Return the statement that creates ``rewind``.

    The function answers one row: ``outcome`` (``done``, ``busy`` or ``reclone``), ``detail`` (the busy sessions as
    JSON, or the reason for a reclone), and what it did.
    """
    body = _body(plan)
    tag = "$greenshift$"
    while tag in body:
        tag = tag[:-1] + "_$"
    return f"""
CREATE FUNCTION {SCHEMA}.rewind(environment text, OUT outcome text, OUT detail text, OUT dirty integer,
    OUT restored integer, OUT moved integer, OUT bloated text[])
LANGUAGE plpgsql AS {tag}{body}{tag}"""


def _body(plan: SealedPlan) -> str:
    actions: list[str] = []
    finders: list[str] = []

    def found(finder: str, action: str) -> None:
        finders.append(finder.format(number=len(actions)))
        actions.append(action)

    for table in plan.empty:
        found(f"SELECT {{number}} FROM ONLY {_braced(table.name)}", _empty_action(table))
    for seed in plan.seeds:
        found(_seed_finder(seed), _seed_action(seed))
    if plan.large_objects:
        found(*_kept_large_objects("pg_largeobject_metadata", plan.large_objects))
        found(*_kept_large_objects("pg_largeobject", plan.large_object_pages))
    else:
        found("SELECT {number} FROM pg_largeobject_metadata", _LARGE_OBJECTS)
    first_sequence = len(actions)
    for sequence in plan.sequences:
        found(_sequence_finder(sequence, plan.version), _sequence_action(sequence, plan.restart_cached))
    if plan.sequences and plan.version >= 180000:
        finders.append(_sequences_finder(plan.sequences, first_sequence))
    age = (
        f"SELECT age(last_value::text::xid) INTO horizon FROM {SCHEMA}.horizon;"
        if plan.seeds or plan.large_objects
        else ""
    )
    union = "\n    UNION ALL ".join(finder for finder in finders if finder)
    find = (
        f"SELECT array_agg(n) INTO numbers FROM (SELECT n FROM (\n    {union}\n  ) AS found(n) GROUP BY n) AS one;"
        if union
        else ""
    )
    return f"""
#variable_conflict use_variable
DECLARE
  own oid; prepared boolean; found_environment text; horizon integer; numbers integer[]; number integer;
  counted bigint; fresh bigint; altered boolean := false;
BEGIN
  outcome := 'done'; dirty := 0; restored := 0; moved := 0;
  SELECT d.oid, EXISTS (SELECT FROM pg_prepared_xact() p WHERE p.dbid = d.oid) INTO own, prepared
  FROM pg_database d WHERE d.datname = current_database();
  SELECT json_agg(json_build_object('pid', a.pid, 'state', a.state, 'query', a.query, 'name', a.application_name,
      'age', extract(epoch FROM clock_timestamp() - a.xact_start),
      'query_age', extract(epoch FROM clock_timestamp() - a.query_start)))
    INTO detail FROM pg_stat_get_activity(NULL) a
    WHERE a.datid = own AND a.pid <> pg_backend_pid() AND a.backend_type = 'client backend'
      AND (a.state IN ('active', 'idle in transaction', 'idle in transaction (aborted)', 'fastpath function call')
        -- A session that switched track_activities off: its transaction still holds a lock on its own number.
        OR a.state = 'disabled' AND EXISTS (
          SELECT FROM pg_lock_status() l WHERE l.pid = a.pid AND l.locktype = 'virtualxid'));
  IF detail IS NOT NULL OR prepared THEN
    outcome := 'busy';
    RETURN;
  END IF;
  SELECT e, d.is_called INTO found_environment, altered
    FROM {SCHEMA}.environment() e, {SCHEMA}.ddl d;
  IF altered THEN
    outcome := 'reclone'; detail := 'the schema was changed';
    RETURN;
  ELSIF found_environment IS DISTINCT FROM environment THEN
    outcome := 'reclone'; detail := 'settings of the database were changed';
    RETURN;
  END IF;
  {age}
  {find}
  IF numbers IS NULL THEN
    RETURN;
  END IF;
  FOREACH number IN ARRAY numbers LOOP
{_tree(actions, 0, len(actions), 4)}
    IF outcome <> 'done' THEN
      RETURN;
    END IF;
  END LOOP;
  IF restored > 0 THEN
    PERFORM setval('{SCHEMA}.horizon', pg_current_xact_id()::xid::text::bigint);
  END IF;
  IF altered THEN
    PERFORM setval('{SCHEMA}.ddl', 1, false);
  END IF;
END"""


def _tree(actions: Sequence[str], low: int, high: int, depth: int) -> str:
    """Return nested IFs that reach the action of a number in few comparisons, however many there are."""
    space = " " * min(depth, 40)
    if high - low == 0:
        return f"{space}NULL;"
    if high - low == 1:
        return "\n".join(space + line for line in actions[low].splitlines())
    middle = (low + high) // 2
    return (
        f"{space}IF number < {middle} THEN\n{_tree(actions, low, middle, depth + 2)}\n"
        f"{space}ELSE\n{_tree(actions, middle, high, depth + 2)}\n{space}END IF;"
    )


def _empty_action(table: SealedTable) -> str:
    if table.guarded:
        return _reclone(table)
    return (
        f"DELETE FROM ONLY {table.name};\n"
        "dirty := dirty + 1;\n"
        f"IF pg_relation_size({table.oid}::oid::regclass) > {(table.pages + BLOATED_PAGES) * 8192} THEN\n"
        f"  bloated := array_append(bloated, {_text(table.name)});\n"
        "END IF;"
    )


def _seed_finder(seed: SealedSeed) -> str:
    if seed.touched:
        called = " OR ".join(f"(SELECT is_called FROM {_braced(name)})" for name in seed.touched)
        return f"SELECT {{number}} WHERE {called}"
    return f"SELECT {{number}} FROM ONLY {_braced(seed.table.name)} HAVING {_changed(seed.table.rows)}"


def _changed(rows: int) -> str:
    # Rows younger than the horizon were written since the last rewind; older ones are as they were.
    return f"count(*) <> {rows} OR count(*) FILTER (WHERE age(xmin) < horizon) > 0"


def _seed_action(seed: SealedSeed) -> str:
    table = seed.table
    # A statement that matched no row, or was rolled back, touched the table without changing it.
    lines = [f"PERFORM setval('{name}', 1, false);" for name in seed.touched]
    lines += [
        f"SELECT count(*), count(*) FILTER (WHERE age(xmin) < horizon) INTO counted, fresh FROM ONLY {table.name};",
        f"IF fresh > 0 OR counted <> {table.rows} THEN",
        *(f"  {line}" for line in _restoration(seed)),
        "END IF;",
    ]
    return "\n".join(lines)


def _restoration(seed: SealedSeed) -> list[str]:
    table = seed.table
    if table.guarded or seed.copy is None or not table.columns:
        return [_reclone(table)]
    columns = ", ".join(table.columns)
    lines = ["dirty := dirty + 1; restored := restored + 1;"]
    if table.key:
        same = " AND ".join(f"t.{column} {operator} s.{column}" for column, operator in table.key)
        missing = f" s WHERE NOT EXISTS (SELECT FROM ONLY {table.name} t WHERE {same})"
        lines += [
            "counted := counted - fresh;",
            f"IF fresh > 0 THEN DELETE FROM ONLY {table.name} WHERE age(xmin) < horizon; END IF;",
        ]
    else:
        missing = " s"
        lines += ["counted := 0;", f"DELETE FROM ONLY {table.name};"]
    selected = ", ".join(f"s.{column}" for column in table.columns)
    return [
        *lines,
        f"IF counted <> {table.rows} THEN",
        f"  INSERT INTO {table.name} ({columns}) OVERRIDING SYSTEM VALUE",
        f"    SELECT {selected} FROM {seed.copy}{missing};",
        "  GET DIAGNOSTICS fresh = ROW_COUNT;",
        f"  IF counted + fresh <> {table.rows} THEN",
        f"    outcome := 'reclone'; detail := {_text('the rows of ' + table.name + ' could not be restored')};",
        "  END IF;",
        "END IF;",
        f"IF pg_relation_size({table.oid}::oid::regclass) > {(2 * table.pages + BLOATED_PAGES) * 8192} THEN",
        f"  bloated := array_append(bloated, {_text(table.name)});",
        "END IF;",
    ]


def _reclone(table: SealedTable) -> str:
    if table.guarded:
        reason = f"rows of {table.name} were changed, and its {table.guarded} fires even in replication mode"
    else:
        reason = f"rows of {table.name} were changed, of which no copy is kept (it is large, or has no columns)"
    return f"outcome := 'reclone'; detail := {_text(reason)};"


_LARGE_OBJECTS = f"""PERFORM lo_unlink(oid) FROM pg_largeobject_metadata;
dirty := dirty + 1;
IF pg_relation_size('pg_largeobject'::regclass) > {BLOATED_PAGES * 8192} THEN
  bloated := bloated || '{{pg_largeobject,pg_largeobject_metadata}}'::text[];
END IF;"""


def _kept_large_objects(catalog: str, rows: int) -> tuple[str, str]:
    finder = f"SELECT {{number}} FROM {catalog} HAVING {_changed(rows)}"
    return finder, "outcome := 'reclone'; detail := 'large objects of the template were changed';"


def _sequence_finder(sequence: SealedSequence, version: int) -> str:
    if version >= 180000:
        return ""
    return (
        f"SELECT {{number}} FROM {_braced(sequence.name)} WHERE last_value <> {sequence.last_value}"
        f" OR is_called <> {sequence.is_called}".replace("True", "true").replace("False", "false")
    )


def _sequences_finder(sequences: Sequence[SealedSequence], first: int) -> str:
    oids = ",".join(str(sequence.oid) for sequence in sequences)
    values = ",".join(str(sequence.last_value) for sequence in sequences)
    called = ",".join("t" if sequence.is_called else "f" for sequence in sequences)
    return (
        f"SELECT ({first - 1} + k.place)::integer FROM ROWS FROM (unnest('{{{oids}}}'::oid[]),"
        f" unnest('{{{values}}}'::bigint[]), unnest('{{{called}}}'::boolean[])) WITH ORDINALITY"
        " AS k(relation, last_value, is_called, place), pg_get_sequence_data(k.relation::regclass) s"
        " WHERE s.last_value IS DISTINCT FROM k.last_value OR s.is_called IS DISTINCT FROM k.is_called"
    )


def _sequence_action(sequence: SealedSequence, restart_cached: bool) -> str:
    called = "true" if sequence.is_called else "false"
    back = f"PERFORM setval({sequence.oid}::oid::regclass, {sequence.last_value}, {called});\nmoved := moved + 1;"
    if not sequence.cached:
        return back
    if not restart_cached:
        reason = f"the cached sequence {sequence.name} moved, and an event trigger watches ALTER SEQUENCE"
        return f"outcome := 'reclone'; detail := {_text(reason)};"
    # Sessions hold values of it in advance, which only a new file of the sequence makes them forget.
    return f"ALTER SEQUENCE {sequence.name} RESTART WITH {sequence.last_value};\naltered := true;\n{back}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _braced(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")

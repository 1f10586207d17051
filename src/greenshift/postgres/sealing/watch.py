"""Watch what a test does to a clone: event triggers for the schema, statement triggers for large tables."""

# ruff: noqa: S608 - the SQL is put together from names that PostgreSQL itself has quoted
from __future__ import annotations

from collections.abc import Iterable

from greenshift.postgres.sealing.catalog import SCHEMA, SealedTable

# Sequences are moved for good even by a transaction that is rolled back, and by writers that need not wait for
# one another. SECURITY DEFINER: whoever changes the schema may have no rights here.
_FUNCTIONS = f"""
CREATE FUNCTION {SCHEMA}.altered() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
  -- What is dropped is told by sql_drop, except for the rights that DROP OWNED takes away; REINDEX changes nothing.
  IF tg_tag LIKE 'DROP %' AND tg_tag <> 'DROP OWNED' OR tg_tag = 'REINDEX' THEN
    RETURN;
  END IF;
  -- CREATE ... IF NOT EXISTS tells no object where there was one; other commands that tell none count as changes.
  IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() c WHERE c.schema_name IS DISTINCT FROM 'pg_temp')
      OR tg_tag NOT LIKE 'CREATE %' AND NOT EXISTS (SELECT FROM pg_event_trigger_ddl_commands()) THEN
    PERFORM nextval('{SCHEMA}.ddl');
  END IF;
END $$;
CREATE FUNCTION {SCHEMA}.dropped() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger_dropped_objects() o WHERE o.original AND NOT o.is_temporary) THEN
    PERFORM nextval('{SCHEMA}.ddl');
  END IF;
END $$;
CREATE FUNCTION {SCHEMA}.touched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog AS $$
BEGIN
  PERFORM nextval(tg_argv[0]::regclass);
  RETURN NULL;
END $$
"""

_EVENT_TRIGGERS = f"""
CREATE EVENT TRIGGER greenshift_altered ON ddl_command_end EXECUTE FUNCTION {SCHEMA}.altered();
ALTER EVENT TRIGGER greenshift_altered ENABLE ALWAYS;
CREATE EVENT TRIGGER greenshift_dropped ON sql_drop EXECUTE FUNCTION {SCHEMA}.dropped();
ALTER EVENT TRIGGER greenshift_dropped ENABLE ALWAYS
"""


def watch_functions() -> str:
    """Return the statements that create the trigger functions."""
    return _FUNCTIONS


def event_triggers() -> str:
    """Return the statements that create the event triggers; the last of the seal, since they see what follows."""
    return _EVENT_TRIGGERS


def touched_sequence(relation: int) -> str:
    """Return the name of the sequence that moves when a statement names a table."""
    return f"{SCHEMA}.touched_{relation}"


def touched_statements(tables: Iterable[SealedTable], names: dict[int, str]) -> list[str]:
    """Return the statements that watch large tables, and their parents, through which rows can be changed too.

    Args:
        tables: the large tables.
        names: the qualified name of every relation concerned, by object identifier.
    """
    relations = sorted({oid for table in tables for oid in (table.oid, *table.ancestors)})
    statements = []
    for oid in relations:
        sequence = touched_sequence(oid)
        statements += [
            f"CREATE SEQUENCE {sequence}",
            f"CREATE TRIGGER greenshift_touched BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {names[oid]}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.touched('{sequence}')",
            f"ALTER TABLE {names[oid]} ENABLE ALWAYS TRIGGER greenshift_touched",
        ]
    return statements

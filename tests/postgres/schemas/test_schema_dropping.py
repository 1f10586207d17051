from __future__ import annotations

import subprocess
import sys
import time

import pytest
from postgres.schemas.schema_fixtures import MakeSchema, make_schema, schemas_of, shared, shared_run, source_of

from greenshift.postgres import Run, Server
from greenshift.postgres.schemas.database import SchemaDatabase
from greenshift.postgres.schemas.dropping import read_schema_marker, reap_schemas
from greenshift.postgres.schemas.place import SchemaPlace

__all__ = ["make_schema", "shared", "shared_run"]


def abandoned(shared: Server) -> str:
    """Make a schema in a process that is killed, and return its name."""
    script = (
        "import sys, time\n"
        "from postgres.schemas.schema_fixtures import source_of\n"
        "from greenshift.postgres import Run, ServerSettings, open_server\n"
        "from greenshift.postgres.schemas.database import SchemaDatabase\n"
        "from greenshift.postgres.schemas.place import SchemaPlace\n"
        "run = Run.start(open_server(ServerSettings(url=sys.argv[1])))\n"
        "schema = SchemaDatabase(SchemaPlace(run, 'main'), source_of('CREATE TABLE a (id int)'))\n"
        "print(schema.name, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, shared.url()],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert schemas_of(shared) == [name]
        assert reap_schemas(shared, older_than=0) == []
        process.kill()
    deadline = time.monotonic() + 10
    while sessions(shared) and time.monotonic() < deadline:
        time.sleep(0.02)
    return name


def sessions(shared: Server) -> int:
    with shared.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(str(row[0])) if row else 0


def test_leftovers_of_a_killed_process_are_dropped_once_old_enough(shared: Server) -> None:
    name = abandoned(shared)
    assert reap_schemas(shared) == []
    assert reap_schemas(shared, older_than=0) == [name]
    assert schemas_of(shared) == []


def test_what_is_alive_kept_or_unmarked_stays(make_schema: MakeSchema, shared: Server) -> None:
    living = make_schema("CREATE TABLE a (id int)")
    living.keep("x")
    with shared.connect() as connection:
        connection.execute("CREATE SCHEMA greenshift_mine; CREATE TABLE greenshift_mine.precious (id int)")
        connection.execute(
            "CREATE SCHEMA greenshift_noted; COMMENT ON SCHEMA greenshift_noted IS '{\"greenshift\": 2}'"
        )
    assert reap_schemas(shared, older_than=0) == []
    assert schemas_of(shared) == sorted([living.name, "greenshift_kept_x", "greenshift_mine", "greenshift_noted"])


def test_schemas_of_other_roles_stay(shared: Server, any_server: Server) -> None:
    administrator = Server(
        any_server.address,
        provider="url",
        version=any_server.version,
        owned=False,
        maintenance_database=shared.maintenance_database,
    )
    with Run.start(administrator) as run:
        schema = SchemaDatabase(SchemaPlace(run, "main"), source_of("CREATE TABLE a (id int)"))
        schema.close()
    assert reap_schemas(shared, older_than=0) == []
    assert reap_schemas(administrator, older_than=0) == [schema.name]


def test_the_marker_says_whose_and_whether_complete(make_schema: MakeSchema, shared: Server, shared_run: Run) -> None:
    schema = make_schema("CREATE TABLE a (id int)")
    with shared.connect() as connection:
        exists, marker = read_schema_marker(connection, schema.name)
        assert read_schema_marker(connection, "nowhere") == (False, None)
    assert exists
    assert marker is not None
    assert (marker.kind, marker.run, marker.complete) == ("database", shared_run.id, True)


@pytest.mark.parametrize("older_than", [0.0, 60.0])
def test_an_empty_database_has_nothing_to_reap(shared: Server, older_than: float) -> None:
    assert reap_schemas(shared, older_than) == []

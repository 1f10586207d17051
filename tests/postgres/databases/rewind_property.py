"""The property: after any committed changes, a rewound database equals its template."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from random import Random

import psycopg
from digest import digest, digest_statement, dump
from random_changes import Connection, Step, apply, random_changes
from random_schemas import Schema, random_schema

from greenshift.postgres import Database, RewindReport, Run, Server, Template, TemplateSource, TemplateTarget


@dataclass
class Difference(AssertionError):
    """A rewound database differs from its template."""

    what: list[str]
    schema: list[str]
    steps: list[Step]
    report: RewindReport

    def __str__(self) -> str:
        steps = "\n".join(f"  [{step.connection}] {step.statement}" for step in self.steps)
        schema = "\n".join(f"  {statement};" for statement in self.schema)
        return f"differs in {self.what}\nafter {self.report}\nschema:\n{schema}\nchanges:\n{steps}"


@dataclass
class Counts:
    """How many rewinds were checked, and in which ways."""

    rewinds: int = 0
    in_place: int = 0
    recloned: int = 0
    dumps: int = 0
    terminated: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


def template_of_random_schema(server: Server, run: Run, schema: Schema, label: str) -> Template:
    """Build a template; a statement that a constraint refuses leaves no trace in it."""

    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            for statement in schema.statements:
                try:
                    connection.execute(statement.encode())
                except psycopg.Error:
                    if not statement.startswith("-- may fail"):
                        raise

    return Template.ensure(server, run, TemplateSource(f"random {label}", build, "a random schema"), rebuild=True)


def check(
    server: Server,
    run: Run,
    random: Random,
    label: str,
    *,
    rounds: int = 2,
    dumped: bool = True,
    counts: Counts | None = None,
) -> Counts:
    """Build one random schema, and change and rewind it some times.

    Args:
        server: the server to use.
        run: the run to use.
        random: the source of randomness.
        label: a name that no other case uses at the same time.
        rounds: how often it is changed and rewound.
        dumped: whether ``pg_dump`` is compared as well as the digest.
        counts: is added to.

    Raises:
        Difference: a rewind left a trace.
    """
    counts = counts or Counts()
    schema = random_schema(random)
    template = template_of_random_schema(server, run, schema, label)
    try:
        database = template.clone(run, label)
        observer = Observer(database)
        before_dump = dump(server, database.name) if dumped else None
        for number in range(rounds):
            steps = random_changes(random, schema)
            connections = apply(database, steps)
            report = database.rewind()
            observer.wait_for_the_end_of(connections)
            _count(counts, report)
            different = observer.differences()
            if different:
                raise Difference(different, schema.statements, steps, report)
            if before_dump is not None and number == rounds - 1:
                counts.dumps += 1
                after_dump = dump(server, database.name)
                if after_dump != before_dump:
                    raise Difference(sorted(set(after_dump) ^ set(before_dump)), schema.statements, steps, report)
        database.drop()
    finally:
        template.drop()
    return counts


class Observer:
    """Compares a database with what it was when the observer came.

    Its own session stays connected and idle, as a pooled connection of an application would.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connect()
        self._statement = digest_statement(self._connection)
        self._before = digest(self._connection, self._statement)

    def wait_for_the_end_of(self, connections: list[Connection]) -> None:
        """Close connections, and wait until the server has cleared their temporary tables away."""
        for connection in connections:
            with contextlib.suppress(psycopg.Error):
                connection.close()
        while {backend.pid for backend in self._database.connections()} - {self._connection.info.backend_pid}:
            time.sleep(0.001)

    def differences(self) -> list[str]:
        """Return the names of what is not as it was."""
        try:
            after = digest(self._connection, self._statement)
        except psycopg.OperationalError:
            # The database was cloned anew.
            self._connection = self._database.connect()
            after = digest(self._connection, self._statement)
        return sorted(name for name in self._before.keys() | after.keys() if self._before.get(name) != after.get(name))


def _count(counts: Counts, report: RewindReport) -> None:
    counts.rewinds += 1
    counts.terminated += len(report.terminated)
    if report.recloned is None:
        counts.in_place += 1
    else:
        counts.recloned += 1
        reason = report.recloned.split(" of ")[0][:60]
        counts.reasons[reason] = counts.reasons.get(reason, 0) + 1

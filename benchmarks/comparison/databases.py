"""Sections `rewind` and `clones`: the parts under the plugin, without pytest."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from comparison.printing import milliseconds, summary, table
from comparison.schema30 import declare
from greenshift.postgres import ClonePool, Run, Server, Template, TemplateSource, TemplateTarget

DIRTY = 5
TEST_SECONDS = 0.02


@contextmanager
def _template(server: Server, run: Run, tables: int) -> Iterator[tuple[Template, list[type[Any]]]]:
    base, entries = declare(tables)

    def build(target: TemplateTarget) -> None:
        engine = create_engine(target.url("psycopg"))
        base.metadata.create_all(engine)
        engine.dispose()

    source = TemplateSource(f"benchmark of {tables} tables", build, "benchmark")
    yield Template.ensure(server, run, source, rebuild=True), entries


def rewind_alone(server: Server, *, quick: bool) -> dict[str, Any]:
    """Commit rows to five tables, rewind, again and again."""
    repetitions = 50 if quick else 1000
    figures = {}
    run = Run.start(server)
    try:
        for tables in (30, 300):
            with _template(server, run, tables) as (template, entries):
                database = template.clone(run, "benchmark")
                engine = create_engine(database.url("psycopg"))
                dirty = entries[:: tables // DIRTY][:DIRTY]
                seconds, clean = [], []
                for number in range(repetitions + 20):
                    with Session(engine) as session:
                        session.add_all([entry(name="one") for entry in dirty])
                        session.commit()
                    report = database.rewind()
                    if report.dirty_tables != DIRTY or report.recloned:
                        raise SystemExit(f"the rewind did something else than it should: {report}")
                    if number >= 20:
                        seconds.append(report.seconds)
                for _ in range(repetitions):
                    clean.append(database.rewind().seconds)
                engine.dispose()
                database.drop()
                figures[f"{DIRTY} of {tables} tables dirty"] = summary(seconds)
                figures[f"nothing dirty, {tables} tables"] = summary(clean)
    finally:
        run.close()
    print("\nrewind alone, milliseconds\n")
    print(table(("", "median", "p95"), [_row(name, values) for name, values in figures.items()]))
    return figures


def warm_clones(server: Server, *, quick: bool) -> dict[str, Any]:
    """Take a clone, work for 20 ms, give it back, again and again."""
    repetitions = 30 if quick else 200
    run = Run.start(server)
    waits = []
    try:
        with _template(server, run, 30) as (template, _):
            clones = ClonePool(template, run)
            time.sleep(0.5)
            for _ in range(repetitions):
                started = time.perf_counter()
                database = clones.take()
                waits.append(time.perf_counter() - started)
                time.sleep(TEST_SECONDS)
                clones.discard(database)
            clones.close()
    finally:
        run.close()
    figures = {f"wait for a clone, tests of {TEST_SECONDS * 1000:.0f} ms": summary(waits)}
    print("\nwarm clones, milliseconds\n")
    print(table(("", "median", "p95"), [_row(name, values) for name, values in figures.items()]))
    return figures


def _row(name: str, values: dict[str, float]) -> tuple[str, str, str]:
    return name, milliseconds(values["median"]), milliseconds(values["p95"])

"""Section `tests`: one insert, one commit and one count, under everybody who isolates tests."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from comparison.contenders import GREENSHIFT, TABLES, Contender, contenders
from comparison.printing import milliseconds, table
from comparison.pytest_runs import run_pytest, write_project
from greenshift.postgres import Server

# The first tests of a run pay for the schema, the pools and the caches; nobody is charged for these.
WARM_UP = 10


def compare(server: Server, directory: Path, *, quick: bool) -> dict[str, Any]:
    """Let everybody run in turn, several rounds, every other round backwards, and print what a test costs."""
    everybody = contenders(server)
    rounds = 2 if quick else 3
    databases = sorted({contender.database for contender in everybody if contender.database})
    with server.connect() as connection:
        for database in databases:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
    projects = {contender.name: _project(contender, directory, quick=quick) for contender in everybody}
    figures: dict[str, list[float]] = {contender.name: [] for contender in everybody}
    for number in range(rounds):
        for contender in everybody if number % 2 == 0 else reversed(everybody):
            run = run_pytest(projects[contender.name], contender.plugins, environment=contender.environment)
            figures[contender.name].append(run.per_test(WARM_UP))
    with server.connect() as connection:
        for database in databases:
            connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)'.encode())
    return _conclude(everybody, figures)


def _project(contender: Contender, directory: Path, *, quick: bool) -> Path:
    tests = max(10, contender.tests // 5) if quick else contender.tests
    name = "".join(character if character.isalnum() else "_" for character in contender.name)
    # One more than are measured, because the last test also pays for the end of the run.
    return write_project(directory / name, contender.files(WARM_UP + tests + 1))


def _conclude(everybody: list[Contender], figures: dict[str, list[float]]) -> dict[str, Any]:
    whole = {name: statistics.median(values) for name, values in figures.items()}
    # Differences within a round, so that what slowed the whole round down is taken off on both sides.
    over = {
        contender.name: statistics.median(
            mine - bare for mine, bare in zip(figures[contender.name], figures[contender.baseline], strict=True)
        )
        for contender in everybody
        if contender.session is not None
    }
    ratios = {
        name: statistics.median(mine / ours for mine, ours in zip(figures[name], figures[GREENSHIFT], strict=True))
        for name in figures
    }
    print(f"\nOne insert, one commit, one count; {TABLES} tables; milliseconds a test\n")
    rows = [
        (
            contender.name,
            milliseconds(whole[contender.name]),
            milliseconds(over[contender.name]) if contender.name in over else "-",
            f"{ratios[contender.name]:.2f}",
            f"{over[contender.name] / over[GREENSHIFT]:.2f}" if contender.name in over else "-",
        )
        for contender in everybody
    ]
    head = ("", "whole test", "over bare", "whole / rewind", "over bare / rewind")
    print(table(head, rows))
    return {
        name: {"whole": whole[name], "over_bare": over.get(name), "ratio": ratios[name], "rounds": figures[name]}
        for name in figures
    }

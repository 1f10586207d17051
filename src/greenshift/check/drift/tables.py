"""The services side by side, and what could not be compared."""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.drift.differences import marks, unknown_settings
from greenshift.check.drift.pairing import Row, rows
from greenshift.check.facts import Program
from greenshift.report.findings import Table


def service_tables(programs: Sequence[Program], configuration: CheckConfiguration | None = None) -> tuple[Table, ...]:
    """Return a table for each row of engines, or session factories, that are compared.

    Args:
        programs: the services, each perhaps under several environments.
        configuration: not needed: what is declared comes with the programs.
    """
    return tuple(_table(row) for row in rows(programs)[0])


def service_notes(programs: Sequence[Program]) -> tuple[str, ...]:
    """Return what was not compared, one line each.

    Args:
        programs: the services, each perhaps under several environments.
    """
    compared, notes = rows(programs)
    found = dict.fromkeys(notes)
    for row in compared:
        for label, settings in unknown_settings(row).items():
            found[f"{label}: not compared, since not known: {', '.join(settings)}"] = None
    return tuple(found)


def _table(row: Row) -> Table:
    # Where all sides have one name, it is said once.
    names = {side.subject.name for side in row.sides}
    named = f" ({names.pop()})" if len(names) == 1 else ""
    return Table(
        row.title + named,
        ("setting", *(side.label for side in row.sides), ""),
        tuple(
            (setting.name, *(setting.read(side).text for side in row.sides), marks(row, setting))
            for setting in row.settings
        ),
    )

"""The services side by side, and what could not be compared."""

from __future__ import annotations

from collections.abc import Sequence

from greenshift.check.configuration import CheckConfiguration
from greenshift.check.drift.differences import DIFFERS, marks, unknown_settings
from greenshift.check.drift.pairing import Row, rows, side_by_side
from greenshift.check.drift.settings import Setting
from greenshift.check.facts import Program
from greenshift.report.findings import Table


def service_tables(programs: Sequence[Program], configuration: CheckConfiguration | None = None) -> tuple[Table, ...]:
    """Return the engines, and the session factories, of all services and environments side by side.

    Args:
        programs: the services, each perhaps under several environments.
        configuration: not needed: what is declared comes with the programs.
    """
    compared = rows(programs)[0]
    return tuple(_table(row, compared) for row in side_by_side(programs)[0])


def service_notes(programs: Sequence[Program]) -> tuple[str, ...]:
    """Return what was not compared, one line each.

    Args:
        programs: the services, each perhaps under several environments.
    """
    compared, notes = rows(programs)
    found = dict.fromkeys(notes)
    for row in compared:
        for label, settings in unknown_settings(row).items():
            shown = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in settings.items())
            found[f"{label}: not known, so not compared: {shown}"] = None
    return tuple(found)


def _table(row: Row, compared: Sequence[Row]) -> Table:
    # Where all sides have one name, it is said once.
    names = {side.subject.name for side in row.sides}
    named = f" ({names.pop()})" if len(names) == 1 else ""
    whole = {id(side.subject) for side in row.sides}
    parts = [part for part in compared if all(id(side.subject) in whole for side in part.sides)]
    return Table(
        row.title + named,
        ("setting", *(side.label for side in row.sides), ""),
        tuple(
            (setting.name, *(setting.read(side).text for side in row.sides), _mark(parts, setting))
            for setting in row.settings
        ),
    )


def _mark(parts: Sequence[Row], setting: Setting) -> str:
    """Return what is said of a setting: the worst of what the comparisons of services and of environments say."""
    found = {mark for part in parts if (mark := marks(part, setting))}
    return DIFFERS if DIFFERS in found else "; ".join(sorted(found))

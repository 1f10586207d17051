"""Which engines and session factories of several services stand side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from greenshift.check.drift.settings import ENGINE_SETTINGS, SESSION_SETTINGS, Setting, Side
from greenshift.check.facts import Engine, Program, Scope, SessionFactory

Subject = TypeVar("Subject", Engine, SessionFactory)


@dataclass(frozen=True, slots=True)
class Row:
    """Engines, or session factories, that are compared.

    Attributes:
        title: what it shows.
        sides: one a service, or one an environment.
        settings: what is compared.
    """

    title: str
    sides: tuple[Side, ...]
    settings: tuple[Setting, ...]


def rows(programs: Sequence[Program]) -> tuple[list[Row], tuple[str, ...]]:
    """Return what is compared: the services of each environment, and the environments of each service.

    Args:
        programs: the services, each perhaps under several environments.

    Returns:
        The rows, and a note on each thing that is compared with nothing.
    """
    found: list[Row] = []
    notes: dict[str, None] = {}
    for group in _groups(programs):
        own, alone = side_by_side(group)
        found += own
        notes |= dict.fromkeys(alone)
    return found, tuple(notes)


def side_by_side(programs: Sequence[Program]) -> tuple[list[Row], list[str]]:
    """Return the engines and session factories of some programs that stand side by side, and notes on the others.

    Args:
        programs: the programs.
    """
    engines, alone = _paired(programs, [_engines(program) for program in programs])
    # What suits an AsyncSession does not suit a Session: they are never compared.
    factories, _ = _paired(programs, [_factories(program) for program in programs], mixed=False)
    found = [Row("Engines", sides, ENGINE_SETTINGS) for sides in engines]
    return [*found, *(Row("Sessions", sides, SESSION_SETTINGS) for sides in factories)], alone


def _groups(programs: Sequence[Program]) -> Iterator[list[Program]]:
    for environment in dict.fromkeys(program.environment for program in programs):
        group = [program for program in programs if program.environment == environment]
        if len(group) > 1:
            yield group
    for name in dict.fromkeys(program.name for program in programs):
        group = [program for program in programs if program.name == name]
        if len(group) > 1:
            yield group


def _paired(
    programs: Sequence[Program], found: Sequence[Sequence[Subject]], *, mixed: bool = True
) -> tuple[list[tuple[Side, ...]], list[str]]:
    """Return what stands side by side: the only one of each, else those of one kind, else those of one name."""
    notes = [
        f"{_label(program)}: no engine was found to compare"
        for program, own in zip(programs, found, strict=True)
        if not own
    ]
    if mixed and all(len(own) <= 1 for own in found):
        return _sides([[(program, own[0]) for program, own in zip(programs, found, strict=True) if own]]), notes
    columns: list[list[tuple[Program, Subject]]] = []
    taken: set[int] = set()
    for kind in ("async", "sync"):
        of_kind = [[one for one in own if one.kind == kind] for own in found]
        columns.append([(program, own[0]) for program, own in zip(programs, of_kind, strict=True) if len(own) == 1])
        if len(columns[-1]) > 1:
            taken |= {id(subject) for _, subject in columns[-1]}
        several = [one for own in of_kind if len(own) > 1 for one in own]
        for name in dict.fromkeys(one.name for one in several):
            column = [
                (program, one)
                for program, own in zip(programs, of_kind, strict=True)
                for one in own
                if one.name == name and id(one) not in taken
            ]
            if len({id(program) for program, _ in column}) == len(column) > 1:
                columns.append(column)
                taken |= {id(subject) for _, subject in column}
    notes += [
        f"{_label(program)}: {one.name} at {one.place} was compared with nothing: no other service has one of its name "
        "or its kind"
        for program, own in zip(programs, found, strict=True)
        for one in own
        if id(one) not in taken
    ]
    return _sides(columns), notes


def _sides(columns: Sequence[Sequence[tuple[Program, Subject]]]) -> list[tuple[Side, ...]]:
    return [tuple(Side(program, subject) for program, subject in column) for column in columns if len(column) > 1]


def _engines(program: Program) -> list[Engine]:
    return [engine for engine in program.engines if engine.scope not in (Scope.TEST, Scope.SCRIPT)]


def _factories(program: Program) -> list[SessionFactory]:
    return [
        factory
        for factory in program.session_factories
        if not factory.is_session and factory.scope not in (Scope.TEST, Scope.SCRIPT)
    ]


def _label(program: Program) -> str:
    return f"{program.name} ({program.environment})" if program.environment else program.name

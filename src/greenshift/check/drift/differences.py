"""Settings that are not the same everywhere: by accident, or as declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.check.drift.pairing import Row, rows
from greenshift.check.drift.settings import NAMES, Seen, Setting, Side
from greenshift.check.facts import Program

# What the table says of an accidental difference.
DIFFERS: Final = "differs"


@dataclass(frozen=True, slots=True)
class Difference:
    """One side that is not as the others are.

    Attributes:
        setting: what differs.
        side: the side, and what it has.
        seen: what it has.
        others: the other sides that agree with each other, and what they have.
    """

    setting: Setting
    side: Side
    seen: Seen
    others: tuple[tuple[Side, Seen], ...]


def differences(programs: Sequence[Program], *rules: str) -> Iterator[Difference]:
    """Yield the accidental differences of which some rules speak.

    Args:
        programs: the services, each perhaps under several environments.
        rules: the rules' ids.
    """
    told = set()
    for row in rows(programs)[0]:
        for setting in row.settings:
            if setting.rule not in rules:
                continue
            for found in differing(row, setting):
                key = (setting.name, found.seen, found.side.program.name, found.others[0][1])
                # The same in each environment is told once.
                if key not in told:
                    told.add(key)
                    yield found


def differing(row: Row, setting: Setting) -> Iterator[Difference]:
    """Yield the sides of a row that differ from most of the others, or from the first; what is not known never does.

    Args:
        row: what is compared.
        setting: which setting.
    """
    known = [
        (side, seen)
        for side in row.sides
        for seen in [setting.read(side)]
        if seen.applies and not seen.unknown and setting.name not in side.program.deployment.differs
    ]
    if len({_key(seen) for _, seen in known}) < 2:
        return
    counts = Counter(_key(seen) for _, seen in known)
    usual = max(counts, key=lambda key: counts[key])
    others = tuple((side, seen) for side, seen in known if _key(seen) == usual)
    for side, seen in known:
        if _key(seen) != usual:
            yield Difference(setting, side, seen, others)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declared difference that is none.

    Attributes:
        program: the service that declares it.
        name: the setting.
        known_names: the settings that can be declared, if it is none of them; else empty.
    """

    program: Program
    name: str
    known_names: tuple[str, ...] = ()


def idle_declarations(programs: Sequence[Program]) -> Iterator[Declaration]:
    """Yield the declared differences that name no setting, or a setting that surely is the same everywhere.

    Args:
        programs: the services.
    """
    found = rows(programs)[0]
    for program in {program.name: program for program in reversed(programs)}.values():
        for name in program.deployment.differs:
            if name not in NAMES:
                yield Declaration(program, name, NAMES)
            elif _is_same(found, program.name, name):
                yield Declaration(program, name)


def _is_same(found: Sequence[Row], service: str, name: str) -> bool:
    compared = False
    for row in found:
        for setting in row.settings:
            if setting.name != name or all(side.program.name != service for side in row.sides):
                continue
            sides = [setting.read(side) for side in row.sides]
            if any(seen.unknown or not seen.applies for seen in sides) or len({_key(seen) for seen in sides}) > 1:
                return False
            compared = True
    return compared


def marks(row: Row, setting: Setting) -> str:
    """Return what the table says of a setting: that it differs, that this is declared, or nothing.

    Args:
        row: what is compared.
        setting: which setting.
    """
    seen = [setting.read(side) for side in row.sides]
    if len({_key(one) for one in seen if one.applies and not one.unknown}) < 2:
        return ""
    if setting.rule and next(differing(row, setting), None) is not None:
        return DIFFERS
    reasons = {
        side.program.name: side.program.deployment.differs[setting.name]
        for side in row.sides
        if setting.name in side.program.deployment.differs
    }
    return "; ".join(f"declared by {name}: {reason}" for name, reason in reasons.items()) or "differs, as it may"


def unknown_settings(row: Row) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the settings of a row that are not known, by side and reason.

    What all sides take from one variable is the same for all where they run together: nothing is said of it.

    Args:
        row: what is compared.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for setting in row.settings:
        seen = [(side, setting.read(side)) for side in row.sides]
        if not setting.rule or all((one.text, one.unknown) == (seen[0][1].text, seen[0][1].unknown) for _, one in seen):
            continue
        for side, one in seen:
            if one.unknown and one.applies:
                found.setdefault(side.label, {}).setdefault(one.unknown, []).append(setting.name)
    return found


def _key(seen: Seen) -> object:
    return (type(seen.key).__name__, seen.key) if isinstance(seen.key, bool) else seen.key

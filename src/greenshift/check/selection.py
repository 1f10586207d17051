"""Which rules are asked: by id (``GS101``), by the family's number (``GS1``) or by its name (``pool``)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from greenshift.check.rules.registry import all_rules
from greenshift.check.rules.rule import Rule
from greenshift.errors import ConfigurationError

FAMILIES: Final = {
    "checker": "GS0",
    "pool": "GS1",
    "url": "GS2",
    "session": "GS3",
    "lifecycle": "GS4",
    "server": "GS5",
    "secrets": "GS6",
    "drift": "GS7",
}


@dataclass(frozen=True)
class Selection:
    """Which rules are asked.

    Args:
        select: ids, numbers or names of families; empty for all.
        ignore: those that are left out of these.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __contains__(self, identifier: str) -> bool:
        if any(_covers(name, identifier) for name in self.ignore):
            return False
        return not self.select or any(_covers(name, identifier) for name in self.select)

    def rules(self) -> tuple[Rule, ...]:
        """Return the rules that are asked, in the order of their ids."""
        return tuple(rule for rule in all_rules() if rule.id in self)


def known_rules(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Return names of rules or families as they were given, if there is a rule for each.

    Args:
        names: ids, numbers or names of families, in any case.
        where: where they were given, for the message.

    Raises:
        ConfigurationError: one of them is no rule's and no family's.
    """
    names = tuple(names)
    for name in names:
        _known(name, where)
    return names


def _known(name: str, where: str) -> None:
    identifiers = [rule.id for rule in all_rules()]
    if any(_covers(name, identifier) for identifier in identifiers) or name.lower() in FAMILIES:
        return
    if name.upper() in FAMILIES.values():
        return
    near = _nearest(name, [*identifiers, *FAMILIES])
    hint = f"did you mean {near}? " if near else ""
    raise ConfigurationError(f"there is no rule {name!r} ({where})", f"{hint}see: greenshift check --list-rules")


def _nearest(name: str, known: Sequence[str]) -> str | None:
    # Letters that look like digits.
    read = name.upper().translate(str.maketrans("OIL", "011"))
    if read in known:
        return read
    near = difflib.get_close_matches(name.upper(), known, n=1) or difflib.get_close_matches(name.lower(), known, n=1)
    return near[0] if near else None


def _covers(name: str, identifier: str) -> bool:
    family = FAMILIES.get(name.lower())
    if family is not None:
        return identifier.startswith(family)
    name = name.upper()
    return identifier == name or (name in FAMILIES.values() and identifier.startswith(name))

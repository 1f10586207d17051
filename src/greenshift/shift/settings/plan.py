"""What a list of requirements needs after the shift, whichever file the list is in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from greenshift.shift.settings.facts import SettingsFacts
from greenshift.shift.settings.requirement import Requirement

# Old versions that must rise get what the 2.0 line has; 2.1 changes which driver a bare URL means.
SQLALCHEMY_2: Final = ">=2.0.36,<2.1"
_LIBRARIES_ON_SQLALCHEMY: Final = (
    "sqlalchemy",
    "sqlmodel",
    "flask-sqlalchemy",
    "fastapi-sqlalchemy",
    "sqlalchemy-utils",
)
_SYNC_DRIVERS: Final = {
    "asyncpg": ("psycopg2-binary", "psycopg2", "pg8000", "psycopg2cffi"),
    "psycopg": ("psycopg2-binary", "psycopg2", "pg8000", "psycopg2cffi"),
    "aiomysql": ("pymysql", "mysqlclient", "mysql-connector-python"),
}
_SORTED_ON_PURPOSE: Final = 6
_PYTEST: Final = "pytest"
# Older ones leave the threads of aiosqlite 0.22 running, and the program does not end.
_AIOSQLITE_022: Final = "2.0.46"


@dataclass(frozen=True)
class Wanted:
    """A requirement that the shifted application has.

    Args:
        name: its name.
        minimum: the lowest version where it is added.
        enough: the lowest version that does where it is listed already; None for the same.
        below: the first version that does not work; None where all do.
        extra: the extra that it is asked for with; None for none.
    """

    name: str
    minimum: str
    enough: str | None = None
    below: str | None = None
    extra: str | None = None

    @property
    def requirement(self) -> str:
        """It as a requirement: name, extra, versions."""
        return self.name + (f"[{self.extra}]" if self.extra is not None else "") + self.specifier

    @property
    def specifier(self) -> str:
        """Its versions."""
        return f">={self.minimum}" + (f",<{self.below}" if self.below is not None else "")


@dataclass
class Plan:
    """What to do to a list.

    Args:
        extras: the extra that an entry gets, by the entry's index.
        specifiers: the versions that an entry gets, by the entry's index.
        added: what is added, each after the entry of an index.
        notes: what to say, each with the index of the entry that it is about.
    """

    extras: dict[int, str] = field(default_factory=dict)
    specifiers: dict[int, str] = field(default_factory=dict)
    added: list[tuple[int, Wanted]] = field(default_factory=list)
    notes: list[tuple[int, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.extras or self.specifiers or self.added)


def async_driver(driver: str | None) -> str:
    """Return the driver for PostgreSQL after the shift: psycopg 3 can do both, all others become asyncpg.

    Args:
        driver: the one that was used, as in SQLAlchemy's URL; None where none was named.
    """
    return "psycopg" if driver in ("psycopg", "psycopg3", "psycopg_async") else "asyncpg"


def wanted(facts: SettingsFacts) -> list[Wanted]:
    """Return what the application needs to run."""
    found = [Wanted("greenlet", "3")]
    if facts.uses_postgresql:
        postgresql = async_driver(facts.postgres_driver)
        found.append(Wanted("asyncpg", "0.29") if postgresql == "asyncpg" else Wanted("psycopg", "3.1"))
    if facts.uses_sqlite:
        found.append(Wanted("aiosqlite", "0.20"))
    if facts.uses_mysql:
        found.append(Wanted("aiomysql", "0.2"))
    return found


def wanted_by_tests(facts: SettingsFacts) -> list[Wanted]:
    """Return what the application's tests need to run."""
    found = [Wanted("pytest-asyncio", "1.0")] if facts.tests_turned_async else []
    if facts.greenshift is not None:
        found.append(Wanted("greenshift", "0.1"))
        if facts.greenshift.app is not None:
            found.append(Wanted("asgi-lifespan", "2.1"))
    return found + ([Wanted("httpx", "0.27", enough="0.23")] if facts.test_needs_httpx else [])


def lists_sqlalchemy(entries: Sequence[Requirement | None]) -> bool:
    """Return whether a list asks for SQLAlchemy, or for a library that brings it."""
    return _first(entries, _LIBRARIES_ON_SQLALCHEMY) is not None


def plan(
    entries: Sequence[Requirement | None],
    facts: SettingsFacts,
    *,
    elsewhere: Collection[str] = (),
    may_add: bool = True,
    tests: bool = True,
) -> Plan:
    """Return what a list needs.

    Args:
        entries: its requirements, in order; None for an entry that is none.
        facts: what is known of the application.
        elsewhere: the names that whoever installs this list gets anyway.
        may_add: whether requirements may be added, and extras; not so in a file of constraints.
        tests: whether the list is among those in which tests' requirements are looked for.
    """
    result = Plan()
    if not _raise_sqlalchemy(entries, result, may_add):
        return result
    names = {one.name: index for index, one in enumerate(entries) if one is not None}
    anchor = _first(entries, _LIBRARIES_ON_SQLALCHEMY)
    for one in wanted(facts) if anchor is not None else ():
        near = _first(entries, _SYNC_DRIVERS.get(one.name, ()))
        if one.name == "aiosqlite" and _pinned_below(entries, result, _AIOSQLITE_022):
            one = replace(one, below="0.22")
        if one.name == "psycopg" and "psycopg2-binary" in {*names, *elsewhere}:
            one = replace(one, extra="binary")  # It brings its own libpq, as the driver before did.
        _want(one, entries, names, elsewhere, anchor if near is None else near, result, may_add)
    if not tests:
        return result
    pytest = names.get(_PYTEST)
    if pytest is not None and facts.tests_turned_async:
        _raise(entries, pytest, "8.2", "pytest-asyncio 1.0 needs it", result)
    for one in wanted_by_tests(facts):
        if pytest is not None or one.name in names:
            _want(one, entries, names, elsewhere, pytest, result, may_add)
    return result


def _raise_sqlalchemy(entries: Sequence[Requirement | None], result: Plan, may_add: bool) -> bool:
    """Return whether SQLAlchemy may stay, or can be raised."""
    index = _first(entries, ("sqlalchemy",))
    entry = None if index is None else entries[index]
    if index is None or entry is None:
        return True
    if not entry.allows("2.0"):
        if not entry.allows("1.4"):
            result.notes.append(
                (
                    index,
                    f"SQLAlchemy is pinned below 1.4 ({entry.specifier}), which has no asyncio: "
                    "raise it to 1.4 and then to 2.0 by SQLAlchemy's migration guide first; nothing was added here",
                )
            )
            return False
        result.specifiers[index] = SQLALCHEMY_2
        result.notes.append(
            (index, f"SQLAlchemy raised from {entry.specifier} to {SQLALCHEMY_2}: the 2.0 forms need it")
        )
    if may_add and "asyncio" not in entry.extras:
        result.extras[index] = "asyncio"
    return True


def _pinned_below(entries: Sequence[Requirement | None], result: Plan, version: str) -> bool:
    """Whether SQLAlchemy is kept below a version."""
    index = _first(entries, ("sqlalchemy",))
    entry = None if index is None or index in result.specifiers else entries[index]
    return entry is not None and not entry.allows(version)


def _want(
    one: Wanted,
    entries: Sequence[Requirement | None],
    names: dict[str, int],
    elsewhere: Collection[str],
    anchor: int | None,
    result: Plan,
    may_add: bool,
) -> None:
    if one.name in names:
        _raise(entries, names[one.name], one.enough or one.minimum, "the shifted code needs it", result)
    elif one.name not in elsewhere and anchor is not None and may_add:
        result.added.append((_sorted_place(entries, one.name, anchor), one))
        result.added.sort(key=lambda added: (added[0], added[1].name if _is_sorted(entries) else ""))


def _is_sorted(entries: Sequence[Requirement | None]) -> bool:
    """Whether a list is in the order of names, and long enough to be so on purpose."""
    names = [one.name for one in entries if one is not None]
    # Sorted as whole lines, `sqlalchemy-utils` stands before `sqlalchemy>=2`.
    in_order = names == sorted(names) or names == sorted(names, key=lambda name: f"{name}>")
    return len(names) >= _SORTED_ON_PURPOSE and len(names) == len(entries) and in_order


def _sorted_place(entries: Sequence[Requirement | None], name: str, anchor: int) -> int:
    """The index behind which a name keeps a sorted list sorted; the anchor for any other list."""
    before = [index for index, one in enumerate(entries) if one is not None and one.name <= name]
    return max(before) if before and _is_sorted(entries) else anchor


def _raise(entries: Sequence[Requirement | None], index: int, minimum: str, why: str, result: Plan) -> None:
    entry = entries[index]
    if entry is not None and not entry.allows(minimum):
        result.specifiers[index] = f">={minimum}"
        result.notes.append((index, f"{entry.name} raised from {entry.specifier} to >={minimum}: {why}"))


def _first(entries: Sequence[Requirement | None], names: Sequence[str]) -> int | None:
    for name in names:
        for index, one in enumerate(entries):
            if one is not None and one.name == name:
                return index
    return None

"""Which versions of a library a project may get."""

from __future__ import annotations

from typing import Final

from greenshift.check.facts import Requirements

# Every release that was or may be made: a specifier can only be tried.
_BEFORE_2_1: Final = (*(f"1.4.{patch}" for patch in range(60)), *(f"2.0.{patch}" for patch in range(100)))
_FROM_2_1: Final = (*(f"2.1.{patch}" for patch in range(60)), "2.2.0", "2.3.0")


def may_be_before_2_1(requirements: Requirements) -> bool:
    """Return whether the project may run with a SQLAlchemy before 2.1 (also if nothing says which).

    Args:
        requirements: the project's requirements.
    """
    return any(requirements.allows("sqlalchemy", version) for version in _BEFORE_2_1)


def may_be_2_1(requirements: Requirements) -> bool:
    """Return whether the project itself names SQLAlchemy, and lets 2.1 be installed.

    Args:
        requirements: the project's requirements.
    """
    return requirements.has("sqlalchemy") and any(requirements.allows("sqlalchemy", version) for version in _FROM_2_1)


def may_be_from(requirements: Requirements, name: str, minor: tuple[int, int]) -> bool:
    """Return whether a library may be of a version or a later one (also if nothing says which).

    Args:
        requirements: the project's requirements.
        name: the library.
        minor: the version's first two numbers; only later ones of the same major version, and the next, are tried.
    """
    first, second = minor
    tried = (f"{first}.{number}.{patch}" for number in range(second, second + 30) for patch in range(10))
    return any(requirements.allows(name, version) for version in (*tried, f"{first + 1}.0.0"))

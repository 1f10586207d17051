"""GS211: greenlet, which SQLAlchemy 2.1 no longer installs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from greenshift.check.facts import Program, Requirements, Scope
from greenshift.check.reference.versions import may_be_2_1
from greenshift.check.rules.rule import Rule, Sample
from greenshift.report.findings import Edit, Finding, Place, Severity

# SQLAlchemy's extras that bring greenlet, in 2.0 and 2.1.
_EXTRAS: Final = frozenset(("asyncio", "postgresql-asyncpg", "aiomysql", "aioodbc", "asyncmy", "aiosqlite"))
# Libraries that require greenlet themselves.
_OTHERS: Final = ("greenlet", "gevent", "eventlet", "playwright", "pytest-playwright", "locust", "meinheld")

_ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
"""


class MissingGreenlet(Rule):
    """``sqlalchemy>=2.1`` without ``[asyncio]``."""

    id = "GS211"
    title = "greenlet is not required: SQLAlchemy 2.1 no longer installs it by itself"
    severity = Severity.WARNING
    why = (
        "SQLAlchemy 2.0 installs greenlet on common machines; 2.1 installs it only with the extra asyncio (or that of "
        "an asyncio driver, such as postgresql-asyncpg). Without it `import sqlalchemy.ext.asyncio` raises "
        "ImportError in 2.1: a build that takes the new version fails when the application starts. "
        "On machines that 2.0 does not know, that is so already."
    )
    source = "https://docs.sqlalchemy.org/en/21/changelog/migration_21.html"
    fix = "require sqlalchemy[asyncio]"
    bad = (
        Sample(
            {"app/database.py": _ENGINE, "requirements.txt": "fastapi\nsqlalchemy>=2.0  # the ORM\nasyncpg\n"},
            fixed={"requirements.txt": "fastapi\nsqlalchemy[asyncio]>=2.0  # the ORM\nasyncpg\n"},
            finds="greenlet",
        ),
        Sample(
            {
                "app/database.py": _ENGINE,
                "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["SQLAlchemy[mypy]~=2.1", "asyncpg"]\n',
            },
            fixed={
                "pyproject.toml": (
                    '[project]\nname = "shop"\ndependencies = ["SQLAlchemy[asyncio,mypy]~=2.1", "asyncpg"]\n'
                )
            },
            finds="greenlet",
        ),
    )
    good = (
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy[asyncio]>=2.0\nasyncpg\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy[postgresql_asyncpg]>=2.1\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy>=2.0\nasyncpg\ngreenlet\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy>=2.0,<2.1\nasyncpg\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "fastapi\n"}),
        Sample(
            {
                "app/database.py": (
                    'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql+psycopg://db/shop")\n'
                ),
                "requirements.txt": "sqlalchemy>=2.1\npsycopg\n",
            }
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at the requirements of a program with an asyncio engine."""
        requirements = program.requirements
        engines = [engine for engine in program.engines if engine.is_async and engine.scope is not Scope.TEST]
        if not engines or not may_be_2_1(requirements) or _has_greenlet(requirements):
            return
        requirement, place = requirements.of("sqlalchemy")[0]
        yield self.found(
            f"{requirement} brings no greenlet from version 2.1 on: import sqlalchemy.ext.asyncio raises ImportError",
            place,
            subject=f"sqlalchemy in {place.file}",
            edits=_edits(requirement, place),
            related=[(engines[0].place, "an asyncio engine")],
        )


def _has_greenlet(requirements: Requirements) -> bool:
    return any(requirements.has(name) for name in _OTHERS) or any(
        canonicalize_name(extra) in _EXTRAS
        for requirement, _ in requirements.of("sqlalchemy")
        for extra in requirement.extras
    )


def _edits(requirement: Requirement, place: Place) -> list[Edit]:
    """Return the edit that adds the extra; none for Poetry's tables, whose keys are names alone."""
    name, width = len(requirement.name), place.end_column - place.column
    if place.line != place.end_line or width < name or (width == name and not place.file.endswith((".txt", ".in"))):
        return []
    column = place.column + name + (1 if requirement.extras else 0)
    new = "asyncio," if requirement.extras else "[asyncio]"
    return [Edit(Place(place.file, place.line, column, place.line, column), new)]

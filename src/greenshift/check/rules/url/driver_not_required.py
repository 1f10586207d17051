"""GS212: a driver that the project does not require."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.drivers import DEFAULT_DRIVERS, DISTRIBUTIONS
from greenshift.check.reference.installed import brings
from greenshift.check.rules.rule import Rule, Sample, code
from greenshift.report.findings import Finding, Severity

_ENGINE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://app@db/shop", pool_pre_ping=True)
"""


class DriverNotRequired(Rule):
    """``postgresql+asyncpg://`` and no asyncpg among the requirements."""

    id = "GS212"
    title = "the URL's driver is not among the project's requirements"
    severity = Severity.ADVICE
    why = (
        "SQLAlchemy installs no driver. If the project does not name the one in its URL, it is there only because "
        "something else brought it, or is missing: `ModuleNotFoundError: No module named 'asyncpg'` when the engine is "
        "made in a fresh installation."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#database-urls"
    fix = "require the driver"
    bad = (
        Sample(
            {"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy[asyncio]==2.0.41\n"},
            finds="asyncpg is not among the requirements",
        ),
    )
    good = (
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy[asyncio]==2.0.41\nasyncpg\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "sqlalchemy[postgresql-asyncpg]==2.0.41\n"}),
        Sample({"app/database.py": _ENGINE, "requirements.txt": "fastapi\n"}),
        code(_ENGINE),
        Sample(
            {
                "app/database.py": (
                    'from sqlalchemy import create_engine\n\nengine = create_engine("sqlite:///shop.db")\n'
                ),
                "requirements.txt": "sqlalchemy\n",
            }
        ),
        Sample(
            {
                "app/database.py": (
                    'from sqlalchemy import create_engine\n\nengine = create_engine("postgresql+psycopg://db/shop")\n'
                ),
                "requirements.txt": "sqlalchemy\npsycopg-binary\n",
            }
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look for the driver among the requirements."""
        if not program.requirements.are_known or not engine.dialect or engine.scope is Scope.TEST or engine.is_live:
            return
        driver = engine.driver or DEFAULT_DRIVERS.get(engine.dialect, "")
        if driver in DISTRIBUTIONS and not brings(program.requirements, driver):
            yield self.found(
                f"{driver} is not among the requirements: {' or '.join(DISTRIBUTIONS[driver])}",
                engine.argument_place("url"),
                subject=engine.subject,
            )

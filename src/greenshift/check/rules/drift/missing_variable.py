"""GS707: a variable that one environment sets for the engine, and another does not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import services
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Place, Severity

_SETTINGS = """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(
    os.environ["DATABASE_URL"],
    pool_size=int(os.environ.get("POOL_SIZE", "5")),
    pool_timeout=10,
)
"""
_PLAIN = """\
import os

from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"], pool_size=20, pool_timeout=10)
"""
_URL = "DATABASE_URL=postgresql+asyncpg://shop@db.internal/shop\n"
_PROJECT = '[tool.greenshift.services.shop]\npath = "shop"\n'


class MissingInEnvironment(Rule):
    """A variable that changes an engine is set in one environment and missing in another."""

    id = "GS707"
    title = "a variable that one environment sets for the engine is missing in another"
    severity = Severity.WARNING
    why = (
        "Without the variable the program takes its default, or does not start: what was tuned or tried in one "
        "environment is not what runs in the other."
    )
    source = "https://12factor.net/config"
    fix = "set the variable in each environment, the default's value included, or in none"
    bad = (
        services(
            "",
            _SETTINGS,
            project=_PROJECT,
            staging=_URL,
            production=_URL + "POOL_SIZE=5\n",
            finds=".env.staging does not set POOL_SIZE, which .env.production sets for an engine of shop",
        ),
        services(
            "",
            _SETTINGS.replace("pool_timeout=10", "pool_timeout=int(os.environ['POOL_TIMEOUT'])"),
            project=_PROJECT,
            staging=_URL + "POOL_TIMEOUT=10\nPOOL_SIZE=5\n",
            production=_URL + "POOL_SIZE=5\n",
            finds=".env.production does not set POOL_TIMEOUT",
        ),
    )
    good = (
        services("", _SETTINGS, project=_PROJECT, staging=_URL + "POOL_SIZE=5\n", production=_URL + "POOL_SIZE=5\n"),
        # Nothing that belongs to an engine.
        services("", _PLAIN, project=_PROJECT, staging=_URL, production=_URL + "MAIL_HOST=mail\nPOOL_SIZE=5\n"),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at what each environment misses."""
        for program in programs:
            for missing in program.missing:
                yield self.found(
                    f"{missing.file} does not set {missing.name}, which {missing.place.file} sets for an engine of "
                    f"{program.name}",
                    Place(missing.file),
                    subject=f"{missing.name} of {program.name}",
                    related=[(missing.place, f"{missing.other} sets it")],
                )

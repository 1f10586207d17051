"""GS702: services whose sessions differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, accidental, services
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity

_FACTORY = """\
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

engine = create_engine("postgresql+psycopg://shop@db.internal/shop")
SessionLocal = sessionmaker(engine{more})
"""
_ASYNC = """\
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

engine = create_async_engine("postgresql+psycopg://shop@db.internal/shop")
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
"""
_DECLARED = PROJECT + 'differs = { autoflush = "it imports in bulk" }\n'


class SessionDrift(Rule):
    """``autoflush`` or ``expire_on_commit`` that differ between services."""

    id = "GS702"
    title = "session options differ between services, and nothing says why"
    severity = Severity.WARNING
    why = (
        "Code that is shared between services, or moved from one to the other, behaves otherwise there: with "
        "autoflush=False a query does not see what was just added; with expire_on_commit=False an object keeps what it "
        "had before the commit. Neither fails; the rows are just other ones."
    )
    source = "https://docs.sqlalchemy.org/en/20/orm/session_api.html#sqlalchemy.orm.Session.params.autoflush"
    fix = (
        "make them the same, or declare the difference with its reason in [tool.greenshift.services.NAME]: "
        'differs = { autoflush = "bulk imports" }'
    )
    bad = (
        services(
            _FACTORY.format(more=""),
            _FACTORY.format(more=", autoflush=False"),
            finds="autoflush of shop is False, but True (default) in auth",
        ),
        services(
            _FACTORY.format(more=", expire_on_commit=False"),
            _FACTORY.format(more=""),
            finds="expire_on_commit of shop is True (default), but False in auth",
        ),
    )
    good = (
        services(_FACTORY.format(more=", autoflush=True"), _FACTORY.format(more="")),
        services(_FACTORY.format(more=""), _FACTORY.format(more=", autoflush=False"), project=_DECLARED),
        # What suits an AsyncSession does not suit a Session.
        services(_FACTORY.format(more=""), _ASYNC),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare the services' session factories, the asyncio ones and the others each among themselves."""
        return accidental(self, programs)

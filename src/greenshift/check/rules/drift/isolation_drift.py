"""GS703: services with different isolation levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, accidental, engines
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity

_DECLARED = PROJECT + 'differs = { isolation_level = "it only reads reports" }\n'


class IsolationDrift(Rule):
    """``isolation_level`` that differs between services."""

    id = "GS703"
    title = "isolation levels differ between services, and nothing says why"
    severity = Severity.WARNING
    why = (
        "Two services that change the same rows rely on each other's transactions. Where one runs at REPEATABLE READ "
        "and retries, and the other at READ COMMITTED or in AUTOCOMMIT, each is right by itself and they lose updates "
        "together."
    )
    source = "https://www.postgresql.org/docs/current/transaction-iso.html"
    fix = (
        "make them the same, or declare the difference with its reason in [tool.greenshift.services.NAME]: "
        'differs = { isolation_level = "reads reports only" }'
    )
    bad = (
        engines("", ', isolation_level="REPEATABLE READ"', finds="is REPEATABLE READ, but not set in auth"),
        engines(
            ', execution_options={"isolation_level": "AUTOCOMMIT"}',
            ', isolation_level="SERIALIZABLE"',
            finds="isolation_level of shop is SERIALIZABLE, but AUTOCOMMIT in auth",
        ),
    )
    good = (
        engines(', isolation_level="REPEATABLE READ"', ', isolation_level="REPEATABLE_READ"'),
        engines("", ', isolation_level="REPEATABLE READ"', project=_DECLARED),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare the services' engines."""
        return accidental(self, programs)

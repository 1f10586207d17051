"""GS705: services with different time-outs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, accidental, engines, services
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Severity

_DECLARED = PROJECT + 'differs = { statement_timeout = "its reports take long" }\n'
_FIVE = ', connect_args={"server_settings": {"statement_timeout": "5000"}}'
_THIRTY = ', connect_args={"server_settings": {"statement_timeout": "30s"}}'


class TimeoutDrift(Rule):
    """Time-outs of connections and statements that differ between services."""

    id = "GS705"
    title = "time-outs differ between services, and nothing says why"
    severity = Severity.WARNING
    why = (
        "Where one service gives up a statement after 5 s and the other never, the patient one holds the locks that "
        "the other's requests fail of: the service that is at fault is not the one that shows the errors."
    )
    source = "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT"
    fix = (
        "make them the same, or declare the difference with its reason in [tool.greenshift.services.NAME]: "
        'differs = { statement_timeout = "reports" }'
    )
    bad = (
        engines(_FIVE, _THIRTY, finds="statement_timeout of shop is 30s, but 5000 in auth"),
        engines("", ', connect_args={"command_timeout": 5}', finds="command_timeout of shop is 5, but not set in auth"),
        services(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://shop@db.internal/shop?connect_timeout=3")
""",
            """\
from sqlalchemy import create_engine

engine = create_engine(
    "postgresql+psycopg://shop@db.internal/shop", connect_args={"options": "-c lock_timeout=2s", "connect_timeout": 3}
)
""",
            finds="lock_timeout of shop is 2s, but not set in auth",
        ),
    )
    good = (
        engines(_THIRTY, ', connect_args={"server_settings": {"statement_timeout": "30000"}}'),
        engines(_FIVE, _THIRTY, project=_DECLARED),
        engines("", ", connect_args=arguments()"),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Compare what the services' engines ask for when they connect."""
        return accidental(self, programs)

"""GS002: an ignore comment that does not say why."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Program
from greenshift.check.rules.rule import Rule, code
from greenshift.ignore_comments import ignore_comments
from greenshift.report.findings import Finding, Place, Severity


class IgnoreWithoutReason(Rule):
    """``# greenshift: ignore[GS101]`` and nothing behind it."""

    id = "GS002"
    title = "an ignored rule without a reason"
    severity = Severity.ADVICE
    why = (
        "Who reads the comment a year later cannot tell whether it still holds, and so it stays. The reason is shown "
        "in SARIF reports as the justification of the suppression."
    )
    source = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html"
    fix = "say why, behind the bracket: # greenshift: ignore[GS101] only a script of one connection"
    bad = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop")  # greenshift: ignore[GS106]
""",
            finds="does not say why",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop")  # greenshift: ignore[GS106] a script of one connection
"""
        ),
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop")
NOTE = "# greenshift: ignore[GS106]"
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at every comment."""
        for file in program.files:
            for comment in ignore_comments(file.text):
                if comment.names and not comment.reason:
                    yield self.found(
                        f"ignore[{', '.join(comment.names)}] does not say why",
                        Place(file.path, comment.line, comment.column, comment.line, comment.end_column),
                    )

"""GS003: an ignore comment that ignores nothing."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.asking import findings_of, looks_at_source
from greenshift.check.facts import Program
from greenshift.check.rules.registry import all_rules, rule_of
from greenshift.check.rules.rule import Rule, code
from greenshift.ignore_comments import ignore_comments
from greenshift.report.findings import Finding, Place, Severity


class IgnoreUnused(Rule):
    """A comment on a line where the rule finds no fault."""

    id = "GS003"
    title = "an ignored rule that finds no fault"
    severity = Severity.ADVICE
    why = (
        "The fault was mended, or the line moved away from its comment. Left there, the comment hides the next fault "
        "of the kind."
    )
    source = "https://docs.astral.sh/ruff/rules/unused-noqa/"
    fix = "delete the rule's id from the comment, or the comment"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")  # greenshift: ignore[GS101] as it was before
""",
            finds="GS101 finds no fault here",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool

engine = create_async_engine(
    "postgresql+asyncpg://localhost/shop",
    poolclass=QueuePool,  # greenshift: ignore[GS101] the test expects it to fail
)
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")
# greenshift: ignore[n+1] not a rule of this check
for user in users:
    print(user.orders)
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Ask every other rule, if there is a comment at all."""
        comments = [(file.path, comment) for file in program.files for comment in ignore_comments(file.text)]
        if not comments:
            return
        named = {name.upper() for _, comment in comments for name in comment.names}
        others = [rule for rule in all_rules() if rule.id in named and rule.id != self.id]
        found = {(one.place.file, one.place.line, one.rule) for one in findings_of(others, program)}
        for path, comment in comments:
            for name in comment.names:
                rule = rule_of(name)
                if rule is None or rule.id == self.id or not looks_at_source(rule):
                    continue
                if not any(file == path and comment.covers(line, name) and rule.id == one for file, line, one in found):
                    yield self.found(
                        f"ignore[{name}] ignores nothing: {rule.id} finds no fault here",
                        Place(path, comment.line, comment.column, comment.line, comment.end_column),
                    )

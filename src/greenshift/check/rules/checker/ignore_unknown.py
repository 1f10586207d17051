"""GS004: an ignore comment that names no rule."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from greenshift.check.facts import Program
from greenshift.check.rules.registry import all_rules
from greenshift.check.rules.rule import Rule, code
from greenshift.ignore_comments import ignore_comments
from greenshift.report.findings import Finding, Place, Severity

# What the guards of the tests read in the same comments.
_GUARDS: Final = ("n+1", "blocking")


class IgnoreUnknown(Rule):
    """``# greenshift: ignore[GS1010]``."""

    id = "GS004"
    title = "an ignored rule that does not exist"
    severity = Severity.WARNING
    why = "The comment ignores nothing, and whoever wrote it believes that it does. Most such ids are mistyped."
    source = "https://docs.astral.sh/ruff/rules/invalid-rule-code/"
    fix = "write the id as the finding shows it; greenshift check --list-rules shows them all"
    bad = (
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")  # greenshift: ignore[GS1O1] a letter too round
""",
            finds="GS1O1",
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")  # greenshift: ignore
""",
            finds="names no rule",
        ),
    )
    good = (
        code(
            """\
from sqlalchemy import create_engine

engine = create_engine("postgresql+psycopg://localhost/shop")
# greenshift: ignore[N+1, blocking] one author only
for author in authors:
    print(author.books)
"""
        ),
        code(
            """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://localhost/shop")  # greenshift: ignore[gs101] in small letters
"""
        ),
    )

    def program(self, program: Program) -> Iterable[Finding]:
        """Look at every comment."""
        known = [rule.id for rule in all_rules()]
        for file in program.files:
            for comment in ignore_comments(file.text):
                place = Place(file.path, comment.line, comment.column, comment.line, comment.end_column)
                if not comment.names:
                    yield self.found("the comment names no rule, so it ignores nothing", place)
                for name in comment.names:
                    if name.upper() in known or name.lower() in _GUARDS:
                        continue
                    near = difflib.get_close_matches(name.upper(), [*known, "N+1", "BLOCKING"], n=1)
                    hint = f"did you mean {near[0] if near[0] in known else near[0].lower()}?" if near else ""
                    yield self.found(f"there is no rule {name!r}, so the comment ignores nothing", place, fix=hint)

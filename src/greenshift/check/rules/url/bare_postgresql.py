"""GS203: a URL that means another driver in SQLAlchemy 2.1."""

from __future__ import annotations

from collections.abc import Iterable

from greenshift.check.facts import Engine, Program, Scope
from greenshift.check.reference.installed import brings
from greenshift.check.reference.versions import may_be_2_1
from greenshift.check.rules.rule import Rule, Sample
from greenshift.check.rules.url.literal import replaced_in_url
from greenshift.report.findings import Finding, Severity

_BARE = """\
from sqlalchemy import create_engine

engine = create_engine("postgresql://app@db/shop", pool_pre_ping=True)
"""


class BarePostgresql(Rule):
    """``postgresql://`` with psycopg2 and SQLAlchemy 2.1."""

    id = "GS203"
    title = "a bare postgresql:// URL, which SQLAlchemy 2.1 takes as psycopg, and only psycopg2 is installed"
    severity = Severity.WARNING
    why = (
        "SQLAlchemy 2.0 takes postgresql:// as psycopg2, 2.1 takes it as psycopg (3). A project that requires "
        "psycopg2, and lets SQLAlchemy 2.1 be installed, fails after the upgrade with `ModuleNotFoundError: No module "
        "named 'psycopg'` when the engine is made. With postgresql+psycopg2:// both versions do the same."
    )
    source = "https://docs.sqlalchemy.org/en/21/changelog/migration_21.html"
    fix = "write postgresql+psycopg2://, or move to psycopg"
    bad = (
        Sample(
            {"app/database.py": _BARE, "requirements.txt": "sqlalchemy>=2.0\npsycopg2-binary\n"},
            fixed={"app/database.py": _BARE.replace("postgresql://", "postgresql+psycopg2://")},
            finds="No module named 'psycopg'",
        ),
    )
    good = (
        Sample({"app/database.py": _BARE, "requirements.txt": "sqlalchemy>=2.0,<2.1\npsycopg2-binary\n"}),
        Sample({"app/database.py": _BARE, "requirements.txt": "sqlalchemy==2.0.41\npsycopg2-binary\n"}),
        Sample({"app/database.py": _BARE, "requirements.txt": "sqlalchemy>=2.0\npsycopg2-binary\npsycopg[binary]\n"}),
        Sample({"app/database.py": _BARE}),
        Sample(
            {
                "app/database.py": _BARE.replace("postgresql://", "postgresql+psycopg2://"),
                "requirements.txt": "sqlalchemy>=2.0\npsycopg2-binary\n",
            }
        ),
    )

    def engine(self, engine: Engine, program: Program) -> Iterable[Finding]:
        """Look at the URL and the requirements."""
        requirements = program.requirements
        if engine.is_async or engine.scheme != "postgresql" or engine.scope is Scope.TEST or engine.is_live:
            return
        if may_be_2_1(requirements) and brings(requirements, "psycopg2") and not brings(requirements, "psycopg"):
            yield self.found(
                "SQLAlchemy 2.1, which the requirements allow, takes postgresql:// as psycopg: ModuleNotFoundError "
                "(No module named 'psycopg')",
                engine.argument_place("url"),
                subject=engine.subject,
                edits=replaced_in_url(engine, program, "postgresql://", "postgresql+psycopg2://"),
            )

"""GS706: a declared difference that is none."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from greenshift.check.drift.differences import idle_declarations
from greenshift.check.facts import Program
from greenshift.check.rules.drift.accidental import PROJECT, engines
from greenshift.check.rules.rule import Rule
from greenshift.report.findings import Finding, Place, Severity


class DeclaredDrift(Rule):
    """``differs`` that names a setting which is the same everywhere, or none at all."""

    id = "GS706"
    title = "a declared difference that is none, or names no setting"
    severity = Severity.WARNING
    why = (
        "What is declared is not looked at any more. A declaration that is left over lets the next accidental "
        "difference of that setting pass; one with a misspelt name never did anything."
    )
    source = "https://docs.sqlalchemy.org/en/20/core/engines.html#sqlalchemy.create_engine"
    fix = "take it out of differs in [tool.greenshift.services.NAME], or name the setting as the table does"
    bad = (
        engines(
            ", pool_size=5",
            ", pool_size=5",
            project=PROJECT + 'differs = { pool_size = "few users" }\n',
            finds="shop declares that pool_size differs, but it is the same everywhere",
        ),
        engines(
            "",
            "",
            project=PROJECT + 'differs = { poolsize = "few users" }\n',
            finds="shop declares that 'poolsize' differs, which is no setting: did you mean pool_size?",
        ),
    )
    good = (
        engines(", pool_size=5", ", pool_size=20", project=PROJECT + 'differs = { pool_size = "few users" }\n'),
        # What is not known may differ.
        engines(", pool_size=5", ", pool_size=size()", project=PROJECT + 'differs = { pool_size = "few users" }\n'),
    )

    def services(self, programs: Sequence[Program]) -> Iterable[Finding]:
        """Look at what the services declare."""
        for declared in idle_declarations(programs):
            if declared.known_names:
                near = difflib.get_close_matches(declared.name, declared.known_names, n=1)
                hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(declared.known_names)}"
                message = (
                    f"{declared.program.name} declares that {declared.name!r} differs, which is no setting: {hint}"
                )
            else:
                message = (
                    f"{declared.program.name} declares that {declared.name} differs, but it is the same everywhere"
                )
            yield self.found(message, Place("pyproject.toml"), subject=f"{declared.name} of {declared.program.name}")

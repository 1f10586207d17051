"""How the example configures its engine."""

from __future__ import annotations

from collections import Counter

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell

_MOST_SHOWN = 3


def check_configuration(ground: Ground, tell: Tell) -> Found:
    """Check the application as it is; what is found is told, and is no failure of the demo.

    Raises:
        CheckError: it cannot be checked.
    """
    from greenshift.check.api import run_check
    from greenshift.check.page import page_of
    from greenshift.check.wanted import Wanted
    from greenshift.report.summary import summary_line

    checked = run_check(Wanted(paths=(ground.before,), directory=ground.before, cache=False, progress=tell))
    findings = checked.report.findings
    notes = [f"{one.rule}  {one.place}  {one.message}" for one in findings[:_MOST_SHOWN]]
    if len(findings) > _MOST_SHOWN:
        notes.append(f"... and {len(findings) - _MOST_SHOWN} more, in the report")
    data = {
        "findings": dict(Counter(str(one.severity) for one in findings)),
        "rules": len(checked.report.rules),
        **{key: value for key, value in checked.report.summary.items() if isinstance(value, int)},
    }
    return Found(summary_line(checked.report), tuple(notes), data, page_of(checked.report, checked.base))

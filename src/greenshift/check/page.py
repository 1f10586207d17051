"""What a check found, as a page of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from greenshift.check.drift.differences import DIFFERS
from greenshift.check.source.decoding import read_files
from greenshift.report.findings import Finding, Report, RuleDescription, Severity, Table
from greenshift.report.masked import masked
from greenshift.report.page import (
    Block,
    Code,
    Figure,
    Figures,
    Grid,
    Item,
    Outcome,
    Page,
    Plot,
    Section,
    Text,
    Verdict,
)

_OUTCOMES: Final = {Severity.ERROR: Outcome.BAD, Severity.WARNING: Outcome.UNSURE, Severity.ADVICE: Outcome.NEUTRAL}
_NOUNS: Final = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.ADVICE: "advice"}
_FIGURES: Final = {"files": "files", "engines": "engines", "session_factories": "session factories"}
# So many lines are shown before and after the one that is meant.
_AROUND: Final = 2
_LONGEST: Final = 6
_MOST_BARS: Final = 15


def page_of(report: Report, base: Path) -> Page:
    """Return what a page shows of a check.

    Args:
        report: what was found.
        base: the folder from which the report names files; the lines around a finding are read there.
    """
    report = masked(report)
    return Page(
        kind="check",
        title=base.resolve().name,
        subtitle="How the application configures SQLAlchemy: engines, pools, URLs, sessions, and how services differ",
        verdicts=tuple(_verdicts(report)),
        sections=tuple(_sections(report, _lines_of(report, base))),
        data={"summary": report.summary, "findings": _counts(report), "rules": [rule.id for rule in report.rules]},
    )


def _verdicts(report: Report) -> Iterator[Verdict]:
    for severity in (Severity.ERROR, Severity.WARNING, Severity.ADVICE):
        count = sum(one.severity == severity for one in report.findings)
        if count:
            rules = Counter(one.rule for one in report.findings if one.severity == severity).most_common()
            because = ", ".join(f"{rule} ({times})" if times > 1 else rule for rule, times in rules)
            yield Verdict(_NOUNS[severity], _OUTCOMES[severity], f"{count:,} found", because)
        elif severity != Severity.ADVICE:
            yield Verdict(_NOUNS[severity], Outcome.GOOD, "none")
    by = Counter("the baseline" if one.by == "baseline" else "comments" for one in report.suppressed)
    if by:
        shown = ", ".join(f"{count:,} by {what}" for what, count in by.items())
        yield Verdict("findings left out", Outcome.NEUTRAL, shown)


def _sections(report: Report, lines_of: Callable[[str], list[str]]) -> Iterator[Section]:
    rules = {rule.id: rule for rule in report.rules}
    yield Section("What was checked", (_figures(report),))
    for severity in (Severity.ERROR, Severity.WARNING, Severity.ADVICE):
        found = [one for one in report.findings if one.severity == severity]
        if found:
            items = tuple(_item(one, rules.get(one.rule), lines_of) for one in found)
            yield Section(f"{_NOUNS[severity].capitalize()} ({len(found)})", items)
    for table in report.tables:
        yield Section(table.title, (_grid(table),))
    if report.notes:
        yield Section("What could not be told", (Text(report.notes, bullets=True),))
    if any(_plots(report)):
        yield Section("Where the findings are", tuple(_plots(report)))
    broken = [rule for rule in report.rules if any(one.rule == rule.id for one in report.findings)]
    if broken:
        yield Section("Why, and what to do", tuple(map(_rule, broken)))
    if report.suppressed:
        rows = tuple(
            (str(one.finding.place), one.finding.rule, one.finding.message, one.by, one.reason)
            for one in report.suppressed
        )
        heads = ("where", "rule", "message", "left out by", "reason")
        yield Section(f"Left out ({len(rows)})", (Grid(heads, rows),), folded=True)
    if report.rules:
        asked = tuple((rule.id, str(rule.severity), rule.title) for rule in report.rules)
        yield Section(
            f"Rules that were asked ({len(asked)})", (Grid(("rule", "severity", "what"), asked),), folded=True
        )


def _figures(report: Report) -> Figures:
    figures = [
        Figure(label, f"{report.summary[key]:,}")
        for key, label in _FIGURES.items()
        if isinstance(report.summary.get(key), int)
    ]
    figures.append(Figure("rules", f"{len(report.rules):,}"))
    if "seconds" in report.summary:
        figures.append(Figure("the check took", f"{report.summary['seconds']:.2f} s"))
    return Figures(tuple(figures))


def _plots(report: Report) -> Iterator[Plot]:
    # Of one or two the list itself says as much.
    for what, counts in (
        ("rule", Counter(one.rule for one in report.findings)),
        ("file", Counter(one.place.file for one in report.findings)),
    ):
        if len(counts) > 2:
            yield Plot.of_bars(f"Findings by {what}", what, "findings", counts.most_common(_MOST_BARS))


def _item(finding: Finding, rule: RuleDescription | None, lines_of: Callable[[str], list[str]]) -> Item:
    facts = [("fix", finding.fix)] if finding.fix else []
    if finding.edits:
        facts.append(("edit", "`greenshift check --fix` makes it"))
    facts += [("see", f"{place}: {what}") for place, what in finding.related]
    if rule is not None and rule.source:
        facts.append(("source", rule.source))
    return Item(
        finding.message,
        _OUTCOMES[finding.severity],
        str(finding.severity),
        f"{finding.rule}  {finding.place}",
        tuple(facts),
        _code(finding, lines_of),
    )


def _code(finding: Finding, lines_of: Callable[[str], list[str]]) -> Code | None:
    """Return the lines around a finding; its own line alone, where the file is not what it was."""
    place = finding.place
    if not place.line:
        return None
    lines = lines_of(place.file)
    if not lines or place.line > len(lines):
        return Code(finding.line_text, "python", place.file, place.line, (place.line,)) if finding.line_text else None
    last = min(max(place.end_line, place.line), place.line + _LONGEST - 1)
    first, end = max(place.line - _AROUND, 1), min(last + _AROUND, len(lines))
    shown = "\n".join(lines[first - 1 : end])
    return Code(shown, "python", place.file, first, tuple(range(place.line, last + 1)))


def _lines_of(report: Report, base: Path) -> Callable[[str], list[str]]:
    # Of a file that is no source, such as one of variables, no line is shown that no rule looked at.
    files = {one.place.file for one in report.findings if one.place.line and one.place.file.endswith(".py")}
    texts = read_files(base, sorted(files))[0] if files else {}
    return lambda file: texts[file].split("\n") if file in texts else []


def _grid(table: Table) -> Grid:
    # A column without a head says how the others differ.
    outcomes: tuple[Outcome, ...] = ()
    if table.columns and not table.columns[-1] and any(row[-1] == DIFFERS for row in table.rows):
        outcomes = tuple(Outcome.UNSURE if row[-1] == DIFFERS else Outcome.NEUTRAL for row in table.rows)
    return Grid(table.columns, table.rows, outcomes=outcomes)


def _rule(rule: RuleDescription) -> Block:
    facts = (("why", rule.why), ("fix", rule.fix), ("source", rule.source))
    return Item(
        rule.title, _OUTCOMES[rule.severity], str(rule.severity), rule.id, tuple(one for one in facts if one[1])
    )


def _counts(report: Report) -> dict[str, int]:
    return {str(severity): sum(one.severity == severity for one in report.findings) for severity in Severity}

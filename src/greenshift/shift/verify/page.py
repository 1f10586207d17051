"""A verdict as a page of a report."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from greenshift.report.page import (
    Block,
    Comparison,
    Figure,
    Figures,
    Grid,
    Outcome,
    Page,
    Plot,
    Section,
    Series,
    Text,
)
from greenshift.report.page import Verdict as PageVerdict
from greenshift.shift.verify.text import meaning
from greenshift.shift.verify.verdict import Difference, DifferenceKind, RunSummary, Sighting, Verdict
from greenshift.wording import counted

_OUTCOMES: Final = {"proved": Outcome.GOOD, "differs": Outcome.BAD, "cannot tell": Outcome.UNSURE}
_RESULTS: Final[tuple[DifferenceKind, ...]] = ("outcome", "missing test", "unawaited coroutine")
_SQL: Final[tuple[DifferenceKind, ...]] = (
    "changed statement",
    "changed parameters",
    "missing statement",
    "extra statement",
    "changed order",
)
_ANSWERS: Final[tuple[DifferenceKind, ...]] = ("response", "route")
# The column with the label that SQLAlchemy makes up for it: table.column AS table_column.
_LABEL: Final = re.compile(r"\b(\w+)\.(\w+) AS \1_\2\b")
# More of them nobody reads; the JSON has all.
_MOST_COMPARED: Final = 150


def page_of(verdict: Verdict, folder: Path) -> Page:
    """Return what a report shows of a verdict.

    Args:
        verdict: what was found.
        folder: the application's.
    """
    return Page(
        kind="verify",
        title=folder.resolve().name,
        subtitle="Whether the application does after the shift what it did before: its tests, their SQL, its answers",
        verdicts=tuple(_verdicts(verdict)),
        sections=tuple(_sections(verdict)),
        data=verdict.as_dict(),
    )


def _verdicts(verdict: Verdict) -> Iterator[PageVerdict]:
    yield PageVerdict("the verdict", _OUTCOMES[verdict.answer], verdict.answer, meaning(verdict))
    before, after = verdict.before, verdict.after
    yield _part(
        "the tests come out as before",
        _of(verdict, _RESULTS),
        f"{before.tests:,} tests before, {after.tests:,} after",
        nothing=not before.tests,
    )
    yield _part(
        "the tests send the same SQL",
        _of(verdict, _SQL),
        f"{before.statements:,} statements before, {after.statements:,} after",
        nothing=not before.statements,
    )
    walk = verdict.walk
    if walk is not None:
        words = f"{walk.requests:,} requests to each side, {walk.answered} of {walk.operations} operations answered"
        yield _part("the same requests get the same answers", _of(verdict, _ANSWERS), words, nothing=not walk.requests)


def _part(asked: str, differences: Sequence[Difference], because: str, *, nothing: bool) -> PageVerdict:
    if differences:
        return PageVerdict(asked, Outcome.BAD, f"no: {counted(len(differences), 'difference')}", because)
    if nothing:
        return PageVerdict(asked, Outcome.UNSURE, "cannot tell: there are none", because)
    return PageVerdict(asked, Outcome.GOOD, "yes", because)


def _sections(verdict: Verdict) -> Iterator[Section]:
    if verdict.look_at:
        yield Section("Look at", (Text(verdict.look_at, bullets=True),))
    results = _of(verdict, _RESULTS)
    if results:
        rows = tuple((one.test, one.kind, one.message, _said(one.before), _said(one.after)) for one in results)
        heads = ("test", "what", "message", "before", "after")
        yield Section("Tests that come out differently", (Grid(heads, rows, outcomes=(Outcome.BAD,) * len(rows)),))
    for title, kinds in (("The SQL that changed", _SQL), ("The answers that changed", _ANSWERS)):
        differences = _of(verdict, kinds)
        if differences:
            yield Section(f"{title} ({len(differences)})", tuple(_compared(differences)))
    yield Section("The two runs", tuple(_runs(verdict)))
    if verdict.recognised:
        words = Text(("What is written or fetched differently and means the same, which decides nothing.",))
        yield Section("Differences that mean the same", (words, _counted("What differs", "times", verdict.recognised)))
    remarks = [*verdict.remarks]
    if verdict.walk is not None:
        remarks += [f"not walked: {reason}" for reason in verdict.walk.not_walked]
    if remarks:
        yield Section("Remarks", (Text(tuple(remarks), bullets=True),))


def _runs(verdict: Verdict) -> Iterator[Block]:
    before, after = verdict.before, verdict.after
    figures = [
        Figure("tests", f"{after.tests:,}", f"before: {before.tests:,}"),
        Figure("statements", f"{after.statements:,}", f"before: {before.statements:,}"),
        Figure("the tests took", f"{after.seconds:.1f} s", f"before: {before.seconds:.1f} s"),
        Figure("driver", ", ".join(after.drivers) or "none", f"before: {', '.join(before.drivers) or 'none'}"),
    ]
    if verdict.walk is not None:
        walk = verdict.walk
        figures.append(Figure("requests to each side", f"{walk.requests:,}", f"in {walk.seconds:.1f} s"))
    yield Figures(tuple(figures))
    outcomes = tuple(dict.fromkeys((*before.outcomes, *after.outcomes)))
    if outcomes:
        series = (_outcomes("before", before, outcomes), _outcomes("after", after, outcomes))
        yield Plot("Outcomes of the tests", "outcome", "tests", series, "bars", outcomes)
    if verdict.differences:
        yield _counted("Differences by kind", "differences", Counter(one.kind for one in verdict.differences))


def _counted(title: str, unit: str, counts: Mapping[str, int]) -> Plot:
    return Plot.of_bars(title, "kind", unit, Counter(counts).most_common())


def _outcomes(name: str, run: RunSummary, outcomes: Sequence[str]) -> Series:
    return Series(name, (), tuple(float(run.outcomes.get(one, 0)) for one in outcomes))


def _compared(differences: Sequence[Difference]) -> Iterator[Block]:
    """Yield the differences side by side; what several tests saw is shown once, with the first of them."""
    tests: dict[tuple[str, str | None, str | None], dict[str, Difference]] = {}
    for one in differences:
        tests.setdefault((one.message, _text(one.before), _text(one.after)), {}).setdefault(one.test, one)
    shown = sorted(tests.items(), key=lambda one: next(iter(one[1])))
    for (message, before, after), seen in shown[:_MOST_COMPARED]:
        first = next(iter(seen.values()))
        others = f" and {len(seen) - 1} more" if len(seen) > 1 else ""
        yield Comparison(
            before,
            after,
            title=f"{first.test or '(outside of tests)'}{others}: {message}",
            before_note=_place(first.before),
            after_note=_place(first.after),
        )
    if len(shown) > _MOST_COMPARED:
        yield Text((f"And {len(shown) - _MOST_COMPARED:,} more: `greenshift verify --json` has all.",))


def _text(sighting: Sighting | None) -> str | None:
    """Return what one side did; labels that `Query` gives to columns would hide what differs, and are left out."""
    return None if sighting is None else _LABEL.sub(r"\1.\2", sighting.text)


def _of(verdict: Verdict, kinds: Sequence[DifferenceKind]) -> list[Difference]:
    return [one for one in verdict.differences if one.kind in kinds]


def _said(sighting: Sighting | None) -> str:
    if sighting is None:
        return ""
    return sighting.text + (f"\n{sighting.at}" if sighting.at is not None else "")


def _place(sighting: Sighting | None) -> str:
    return "" if sighting is None or sighting.at is None else str(sighting.at)

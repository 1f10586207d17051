"""A test run as a page of a report."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Final

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
from greenshift.testing.report import Report, percentile
from greenshift.testing.run_record import Failure, RunRecord, TestRun
from greenshift.wording import counted

_OUTCOMES: Final = {"passed": Outcome.GOOD, "failed": Outcome.BAD, "error": Outcome.BAD, "xpassed": Outcome.UNSURE}
_MOST_BARS: Final = 15
_MOST_ROWS: Final = 2_000
_MOST_FAILURES: Final = 100
# The end of a failure's text says most.
_LONGEST: Final = 12_000
_BINS: Final = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def page_of(run: RunRecord, report: Report, *, title: str, configuration: str) -> Page:
    """Return what a report shows of a test run.

    Args:
        run: how its tests went.
        report: the figures of all its processes.
        title: the project's name.
        configuration: the isolation mode and the driver, in words.
    """
    return Page(
        kind="test",
        title=title,
        subtitle=configuration,
        verdicts=tuple(_verdicts(run, report)),
        sections=tuple(_sections(run, report)),
        data={
            "seconds": run.seconds,
            "workers": len(run.workers),
            "outcomes": dict(_counts(run)),
            "tests": [asdict(test) for test in run.tests.values()],
            "warnings": [{"test": name, "text": text} for name, text in run.warnings],
            "database": report.as_data(),
        },
    )


def _verdicts(run: RunRecord, report: Report) -> Iterator[Verdict]:
    counts = _counts(run)
    words = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
    if counts["error"] > 1:
        words = words.replace("error", "errors")
    bad = counts["failed"] + counts["error"]
    if run.interrupted:
        yield Verdict("the tests", Outcome.UNSURE, f"interrupted: {words or 'no test ran'}", run.interrupted)
    elif not counts:
        yield Verdict("the tests", Outcome.UNSURE, "no test ran")
    else:
        yield Verdict("the tests", Outcome.BAD if bad else Outcome.GOOD, words, f"in {run.seconds:.1f} s")
    failures = list(run.failed())
    explained = sum(bool(failure.explanations) for _, failure in failures)
    if explained:
        yield Verdict("failures that are explained", Outcome.NEUTRAL, f"{explained} of {len(failures)}")
    if run.warnings:
        yield Verdict("what guards found", Outcome.UNSURE, counted(len(run.warnings), "warning"))
    if report.tests:
        costs = [test.isolation_seconds * 1000 for test in report.tests]
        words = f"{statistics.median(costs):.2f} ms a test (median), {percentile(costs, 95):.2f} ms (p95)"
        because = f"{len(report.recloned)} of {len(report.tests)} databases had to be cloned anew"
        yield Verdict("what isolation costs", Outcome.NEUTRAL, words, because if report.recloned else "")


def _sections(run: RunRecord, report: Report) -> Iterator[Section]:
    failures = list(run.failed())
    if failures:
        items: list[Block] = [_failed(test, failure) for test, failure in failures[:_MOST_FAILURES]]
        if len(failures) > _MOST_FAILURES:
            items.append(Text((f"And {len(failures) - _MOST_FAILURES:,} more.",)))
        yield Section(f"What failed ({len(failures)})", tuple(items))
    if run.warnings:
        found = tuple(_warned(name, text) for name, text in run.warnings[:_MOST_FAILURES])
        yield Section(f"What guards found ({len(run.warnings)})", found)
    yield Section("The run", (_figures(run, report), *_plots(run, report)))
    yield Section("The database", tuple(_database(report)))
    if run.tests:
        yield Section(f"All tests ({len(run.tests):,})", tuple(_all(run, report)), folded=True)


def _failed(test: TestRun, failure: Failure) -> Item:
    text = failure.text if len(failure.text) <= _LONGEST else f"...\n{failure.text[-_LONGEST:]}"
    label = "failed" if failure.phase == "call" else "error"
    where = test.name if failure.phase == "call" else f"{test.name} ({failure.phase})"
    code = Code(text, title="as pytest shows it", folded=True) if text.strip() else None
    return Item(failure.message, Outcome.BAD, label, where, failure.explanations, code)


def _warned(name: str, text: str) -> Item:
    first, _, rest = text.partition("\n")
    return Item(first, Outcome.UNSURE, "warning", name, (), Code(rest) if rest.strip() else None)


def _figures(run: RunRecord, report: Report) -> Figures:
    counts = _counts(run)
    figures = [Figure("tests", f"{len(run.tests):,}", f"in {run.seconds:.1f} s")]
    figures += [Figure(outcome, f"{count:,}") for outcome, count in counts.items()]
    figures.append(Figure("database tests", f"{len(report.tests):,}"))
    statements = [test.statements for test in report.tests]
    if statements:
        figures += [
            Figure("statements", f"{sum(statements):,}", f"{statistics.mean(statements):.1f} a database test"),
            Figure("time in SQL", f"{sum(test.sql_seconds for test in report.tests):.2f} s"),
            Figure("time for isolation", f"{sum(test.isolation_seconds for test in report.tests):.2f} s"),
        ]
    if run.workers:
        figures.append(Figure("workers", str(len(run.workers))))
    return Figures(tuple(figures))


def _plots(run: RunRecord, report: Report) -> Iterator[Plot]:
    slowest = [(test.name, test.seconds * 1000) for test in run.tests.values()]
    yield from _slowest("The slowest tests", "ms", "time", slowest)
    costs = report.tests
    yield from _slowest("The slowest by SQL", "ms in SQL", "SQL", [(one.name, one.sql_seconds * 1000) for one in costs])
    yield from _slowest(
        "The most statements", "statements", "statements", [(one.name, one.statements) for one in costs]
    )
    if len(costs) > 1:
        yield _distribution("What isolation costs a test", [one.isolation_seconds * 1000 for one in costs])
    if len(run.tests) > 1:
        yield _distribution("How long tests take", [test.seconds * 1000 for test in run.tests.values()])


def _slowest(title: str, unit: str, name: str, values: Iterable[tuple[str, float]]) -> Iterator[Plot]:
    shown = sorted((one for one in values if one[1] > 0), key=lambda one: -one[1])[:_MOST_BARS]
    if shown:
        yield Plot.of_bars(title, "test", unit, shown, name)


def _distribution(title: str, values: Sequence[float]) -> Plot:
    edges = [edge for edge in _BINS if edge <= max(values)]
    # One more, in which the largest lies.
    edges.append(next((edge for edge in _BINS if edge > max(values)), float("inf")))
    bins = Counter(next(edge for edge in edges if value < edge or edge == edges[-1]) for value in values)
    first = next(index for index, edge in enumerate(edges) if bins[edge])
    names = tuple(
        f">{edges[index - 1]:g}" if edge == float("inf") else f"<{edge:g}" for index, edge in enumerate(edges)
    )[first:]
    return Plot.of_bars(title, "ms", "tests", zip(names, (bins[edge] for edge in edges[first:]), strict=True))


def _database(report: Report) -> Iterator[Block]:
    template = "found ready" if report.template_seconds is None else f"built in {report.template_seconds:.2f} s"
    rows = [("server", report.server or "none was needed")]
    if report.server_seconds:
        rows.append(("server started in", f"{report.server_seconds:.2f} s"))
    if report.server:
        rows.append(("template", template))
    rows.append(("databases cloned anew", str(len(report.recloned))))
    yield Grid(("what", "how"), tuple(rows))
    if report.notices:
        yield Text(tuple(f"note: {notice}" for notice in report.notices), bullets=True)
    if report.recloned:
        reasons = tuple((test, reason) for test, _, reason in (one.partition(": ") for one in report.recloned))
        yield Grid(("test", "why its database was cloned anew"), reasons[:_MOST_ROWS])
    if report.kept:
        yield Code("\n".join(report.kept), title="Databases that were kept: open them with")


def _all(run: RunRecord, report: Report) -> Iterator[Block]:
    costs = {one.name: one for one in report.tests}
    shown = sorted(run.tests.values(), key=lambda test: -test.seconds)[:_MOST_ROWS]
    rows, outcomes = [], []
    for test in shown:
        cost = costs.get(test.name)
        figures = (
            ("", "", "")
            if cost is None
            else (str(cost.statements), f"{cost.sql_seconds * 1000:.2f}", f"{cost.isolation_seconds * 1000:.2f}")
        )
        rows.append((test.name, test.outcome, f"{test.seconds * 1000:.1f}", *figures))
        outcomes.append(_OUTCOMES.get(test.outcome, Outcome.NEUTRAL))
    heads = ("test", "outcome", "ms", "statements", "ms in SQL", "ms for isolation")
    yield Grid(heads, tuple(rows), numeric=(2, 3, 4, 5), outcomes=tuple(outcomes))
    if len(run.tests) > _MOST_ROWS:
        yield Text((f"The slowest {_MOST_ROWS:,} are shown.",))


def _counts(run: RunRecord) -> Counter[str]:
    counts = Counter(test.outcome or "not finished" for test in run.tests.values())
    order = ("passed", "failed", "error", "skipped", "xfailed", "xpassed", "not finished")
    return Counter({outcome: counts[outcome] for outcome in order if counts[outcome]})

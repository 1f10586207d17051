"""A load comparison as a page of a report."""

from __future__ import annotations

from collections.abc import Iterator

from greenshift.load.comparison import blocking as definition
from greenshift.load.comparison.blocking import blocking
from greenshift.load.comparison.figures import METRICS, written
from greenshift.load.comparison.judging import Judgement
from greenshift.load.comparison.reasons import route_costs
from greenshift.load.comparison.statistics import Direction
from greenshift.load.comparison.targets import BLOCKING, Judged
from greenshift.load.reporting import plots
from greenshift.load.reporting.wording import (
    INSIDE_HEADS,
    ROW_HEADS,
    difference_words,
    has_inside,
    inside_row,
    leading,
    measured_row,
    slowest_first,
    subtitle_of,
    title_of,
)
from greenshift.load.step import Step
from greenshift.report.page import Block, Figure, Figures, Grid, Outcome, Page, Section, Text, Verdict

_OUTCOMES = {
    Direction.BETTER: Outcome.GOOD,
    Direction.WORSE: Outcome.BAD,
    Direction.NOISE: Outcome.NEUTRAL,
    Direction.UNKNOWN: Outcome.UNSURE,
}
_RULES = (
    "Latencies at a fixed rate count from the time when each request was due.",
    "A difference is claimed only beyond the noise: never from one round; from two or three rounds where the ranges "
    "lie apart by more than each is wide; from four where the exact Mann-Whitney test gives p <= 0.05; and in each "
    "case only where the medians differ by 2 % at least.",
    "Database time counts from handing a statement to the driver until its answer; in asyncio the event loop's other "
    "work in between is in it. BEGIN, COMMIT and ROLLBACK are not.",
)


def page_of(judgement: Judgement) -> Page:
    """Return what a report shows of a load comparison.

    Args:
        judgement: what it comes down to.
    """
    load = judgement.load
    return Page(
        kind="load",
        title=title_of(load),
        subtitle=subtitle_of(load),
        verdicts=tuple(_verdicts(judgement)),
        sections=tuple(_sections(judgement)),
        data=judgement.as_dict(),
    )


def _verdicts(judgement: Judgement) -> Iterator[Verdict]:
    load = judgement.load
    if judgement.invalid:
        yield Verdict("the load generator", Outcome.BAD, "invalid: it was the bottleneck", load.warnings[0])
    for one in judgement.targets:
        if one.version == judgement.subject:
            yield _target(judgement, one)
    if judgement.differences:
        for step in load.steps:
            lead = leading(judgement, step)
            tail = next(one for one in judgement.differences if one.step == step and one.metric.name == "p95")
            why = judgement.reasons.get(step.label, [])
            because = why[0] if why else lead.difference.because
            answer = f"{difference_words(lead)}; {difference_words(tail)}"
            yield Verdict(step.label, _OUTCOMES[lead.difference.direction], answer, because)


def _target(judgement: Judgement, one: Judged) -> Verdict:
    outcome = {True: Outcome.GOOD, False: Outcome.BAD, None: Outcome.UNSURE}[one.met]
    other = [
        f"{earlier.version}: {earlier.answer}"
        for earlier in judgement.targets
        if earlier.target == one.target and earlier.version != one.version
    ]
    because = "; ".join(part for part in (one.because, *other) if part)
    title = f"{one.target.title}, {one.step}"
    return Verdict(title, outcome, f"{one.version} {one.answer}" if other else one.answer, because)


def _sections(judgement: Judgement) -> Iterator[Section]:
    load = judgement.load
    largest = _largest(judgement)
    if load.warnings:
        yield Section("What to know first", (Text(load.warnings, bullets=True),))
    yield Section("Measured", (_figures(judgement, largest), *_measured(judgement)))
    targets = [one.target for one in judgement.targets if one.version == judgement.subject]
    curves: list[Block] = list(plots.over_concurrency(load, targets))
    chosen = dict.fromkeys((load.steps[0], load.steps[len(load.steps) // 2], largest))
    curves += [plot for step in chosen if (plot := plots.distribution(load, step)) is not None]
    if curves:
        yield Section("Throughput and latency", tuple(curves))
    if judgement.reasons:
        blocks: list[Block] = []
        for label, lines in judgement.reasons.items():
            blocks += [Text((f"{label}:",)), Text(tuple(lines), bullets=True)]
        yield Section("Where async does not win, and why", tuple(blocks))
    if has_inside(load):
        rows = [inside_row(load, step, version.label) for step in load.steps for version in load.versions]
        grid = Grid(INSIDE_HEADS, tuple(rows), numeric=tuple(range(2, len(INSIDE_HEADS))), caption="Medians of rounds")
        yield Section("Inside of the application", (grid, *plots.over_time(load, largest)))
        yield Section("Statements by route", (_routes(judgement, largest),), folded=len(load.versions) == 1)
    yield from _blocking(judgement)
    yield Section("By endpoint", tuple(_endpoints(judgement, largest)), folded=True)
    yield Section("How it was measured", tuple(_method(judgement)), folded=True)


def _largest(judgement: Judgement) -> Step:
    closed = [step for step in judgement.load.steps if step.users is not None and step.rate is None]
    return max(closed or judgement.load.steps, key=lambda step: step.users or step.rate or 0)


def _figures(judgement: Judgement, step: Step) -> Figures:
    load = judgement.load
    found = []
    for name in ("throughput", "mean", "p95"):
        for version in load.versions:
            metric = METRICS[name]
            spread = metric.spread(load.of(version.label, step))
            note = f"{version.label}, {step.label}" if len(load.versions) > 1 else step.label
            found.append(Figure(metric.title, metric.words(spread.median), note))
    return Figures(tuple(found))


def _measured(judgement: Judgement) -> Iterator[Block]:
    load = judgement.load
    rows = [measured_row(load, step, version.label) for step in load.steps for version in load.versions]
    yield Grid(
        ROW_HEADS,
        tuple(rows),
        numeric=tuple(range(2, len(ROW_HEADS))),
        caption="Medians of the rounds, with the range where there are several; the generator's share of one core",
    )
    if judgement.differences:
        yield Grid(
            ("step", "figure", "before", "after", "verdict", "why"),
            tuple(
                (
                    one.step.label,
                    one.metric.title,
                    one.metric.spread_words(one.before),
                    one.metric.spread_words(one.after),
                    str(one.difference.direction),
                    one.difference.because,
                )
                for one in judgement.differences
            ),
            numeric=(2, 3),
            outcomes=tuple(_OUTCOMES[one.difference.direction] for one in judgement.differences),
            caption="What differs beyond the noise",
        )


def _blocking(judgement: Judgement) -> Iterator[Section]:
    load = judgement.load
    asked = [one for one in judgement.targets if one.target.metric == BLOCKING]
    if not asked:
        return
    rows, outcomes = [], []
    for one in asked:
        step = one.target.step(load.steps)
        if step is None:
            continue
        for condition in blocking([one for one in load.of(one.version, step) if not one.driven.saturated]):
            holds = {True: "yes", False: "no", None: "not known"}[condition.holds]
            rows.append((one.step, one.version, condition.what, holds, condition.figure))
            outcomes.append({True: Outcome.GOOD, False: Outcome.BAD, None: Outcome.UNSURE}[condition.holds])
    about = " ".join((definition.__doc__ or "").split("\n\n")[-1].split())
    grid = Grid(("step", "version", "condition", "holds", "measured"), tuple(rows), outcomes=tuple(outcomes))
    yield Section("Without blocking: what it means here", (Text((about,)), grid))


def _endpoints(judgement: Judgement, step: Step) -> Iterator[Block]:
    load = judgement.load
    for version in load.versions:
        yield Grid(
            ("endpoint", "requests", "mean", "p95", "failed"),
            tuple(slowest_first(load.of(version.label, step))),
            numeric=(1, 2, 3, 4),
            caption=f"{version.label}, {step.label}, all rounds",
        )
    failures = [
        (one.version, one.step.label, failure.endpoint, failure.problem, str(failure.count))
        for one in load.measurements
        for failure in one.driven.failures
    ]
    if failures:
        yield Grid(("version", "step", "endpoint", "failure", "count"), tuple(failures[:50]), numeric=(4,))


def _routes(judgement: Judgement, step: Step) -> Grid:
    load = judgement.load
    costs = {version.label: route_costs(load.of(version.label, step)) for version in load.versions}
    by_name = {label: {name: cells for name, *cells in found} for label, found in costs.items()}
    names = dict.fromkeys(name for found in reversed(costs.values()) for name, *_ in found)
    rows = tuple(
        (name, *(text for label in costs for text in _route_cells(by_name[label].get(name)))) for name in names
    )
    heads = tuple(f"{label}: {what}" for label in costs for what in ("statements", "database"))
    numeric = tuple(range(1, len(heads) + 1))
    return Grid(("route", *heads), rows, numeric=numeric, caption=f"For each request, {step.label}, all rounds")


def _route_cells(found: list[float] | None) -> tuple[str, str]:
    return ("-", "-") if found is None else (written(found[0]), written(found[1], "s"))


def _method(judgement: Judgement) -> Iterator[Block]:
    load = judgement.load
    rows = []
    for version in load.versions:
        inside = next((one.inside for one in load.measurements if one.version == version.label and one.inside), None)
        pools = "; ".join(pool.words for pool in inside.pools) if inside is not None else "not known"
        threads = written(inside.thread_limit) if inside is not None else "not known"
        kind = "async" if version.is_async else "sync"
        rows.append((version.label, version.name, kind, version.interpreter or "not known", pools, threads))
    heads = ("version", "of", "engine", "served by", "pool of each worker", "Starlette's thread limit")
    yield Grid(heads, tuple(rows))
    workers = "1 worker" if load.workers == 1 else f"{load.workers} workers"
    processes = "1 process" if load.generator_workers == 1 else f"{load.generator_workers} processes"
    served = (
        f"uvicorn with {workers} for each version, one version at a time; the order turns from round to round "
        "(A B, B A). Each version and round has a fresh copy of the same data."
    )
    away = f"{written(load.delay, 's')} longer than it would be" if load.delay else "that of this machine"
    yield Text(
        (
            served if load.database else "An application that ran already: nothing is known from inside of it.",
            f"Locust in {processes} of its own; a step in which it is the bottleneck is invalid.",
            *([f"{load.database}; the round trip to it is {away}."] if load.database else []),
            *_RULES,
        ),
        bullets=True,
    )

"""The demo as a page of a report: its steps, and the parts' own pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from greenshift.demo.ground import Amounts
from greenshift.demo.reduced import what_is_reduced
from greenshift.demo.step import Result, State
from greenshift.report.page import Block, Figure, Figures, Grid, Outcome, Page, Plot, Section, Series, Text, Verdict

_OUTCOMES: Final = {State.DONE: Outcome.GOOD, State.FAILED: Outcome.BAD, State.LEFT_OUT: Outcome.UNSURE}


def page_of(results: Sequence[Result], amounts: Amounts, machine: str, seconds: float) -> Page:
    """Return what the report shows of a demo.

    Args:
        results: how the steps went.
        amounts: how much was done.
        machine: on what.
        seconds: how long all of it took.
    """
    return Page(
        kind="demo",
        title="exams, from sync to async",
        subtitle=f"One run of greenshift demo; every figure was measured in it. {machine}",
        verdicts=tuple(_verdict(one) for one in results),
        sections=(_times(results, amounts, seconds), *_parts(results)),
        data={"seconds": round(seconds, 3), "steps": [one.as_dict() for one in results]},
    )


def _verdict(result: Result) -> Verdict:
    because = f"`{result.step.command}`" + (f", {result.seconds:.1f} s" if result.seconds else "")
    if result.state is State.LEFT_OUT:
        return Verdict(result.step.title, Outcome.UNSURE, "left out", result.problem)
    if result.state is State.FAILED:
        return Verdict(result.step.title, Outcome.BAD, result.problem, result.fix)
    assert result.found is not None
    return Verdict(result.step.title, Outcome.GOOD, result.found.words, because)


def _times(results: Sequence[Result], amounts: Amounts, seconds: float) -> Section:
    ran = [one for one in results if one.state is not State.LEFT_OUT]
    figures = Figures(
        (
            Figure("all of it", f"{seconds:.0f} s"),
            Figure("steps done", f"{sum(one.state is State.DONE for one in results)} of {len(results)}"),
        )
    )
    blocks: list[Block] = [figures]
    if len(ran) > 1:
        series = Series("seconds", (), tuple(round(one.seconds, 2) for one in ran))
        titles = tuple(one.step.title for one in ran)
        blocks.append(Plot("Where the time went", "step", "seconds", (series,), "bars", titles))
    reduced = what_is_reduced(amounts, [one.step.name for one in ran])
    if reduced:
        blocks.append(Text(reduced, bullets=True))
    return Section("The run", tuple(blocks))


def _parts(results: Sequence[Result]) -> Iterator[Section]:
    for result in results:
        if result.found is None:
            continue
        page = result.found.page
        if page is None:
            if result.found.notes:
                yield Section(result.step.title, (Text((result.found.words, *result.found.notes)),))
            continue
        rows = tuple((one.title, one.answer, one.because) for one in page.verdicts)
        outcomes = tuple(one.outcome for one in page.verdicts)
        head = Grid(("what", "answer", "because"), rows, outcomes=outcomes)
        yield Section(result.step.title, (Text((page.subtitle,)), head))
        for section in page.sections:
            yield Section(f"{result.step.name}: {section.title}", section.blocks, folded=True)

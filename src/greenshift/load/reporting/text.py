"""A load comparison as text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from greenshift.load.comparison.judging import Judgement
from greenshift.load.reporting.wording import (
    INSIDE_HEADS,
    SHORT_HEADS,
    difference_words,
    has_inside,
    inside_row,
    leading,
    short_row,
    subtitle_of,
    title_of,
    verdict_words,
)

_STYLES = {"after is quicker": "green", "after is slower": "red", "within the noise": "", "cannot tell": "yellow"}


def show(judgement: Judgement, console: Console) -> None:
    """Print what a load comes down to.

    Args:
        judgement: what it comes down to.
        console: where.
    """
    console.print(Group(*_parts(judgement)))


def _parts(judgement: Judgement) -> Iterator[RenderableType]:
    load = judgement.load
    yield Text(title_of(load), style="bold")
    yield Text(subtitle_of(load), style="dim")
    yield _table(SHORT_HEADS, (short_row(load, step, one.label) for step in load.steps for one in load.versions))
    if has_inside(load):
        yield _table(INSIDE_HEADS, (inside_row(load, step, one.label) for step in load.steps for one in load.versions))
    for step in load.steps if judgement.differences else ():
        verdict = verdict_words(judgement, step)
        tail = next(one for one in judgement.differences if one.step == step and one.metric.name == "p95")
        line = Text(f"{step.label}: ")
        line.append(verdict, style=_STYLES[verdict])
        line.append(f": {difference_words(leading(judgement, step))}; {difference_words(tail)}")
        yield line
        yield from (Text(f"  because {why[0].lower()}{why[1:]}") for why in judgement.reasons.get(step.label, ()))
    if judgement.targets:
        yield Text("targets", style="bold")
    for one in judgement.targets:
        style = {True: "green", False: "red", None: "yellow"}[one.met]
        line = Text(f"  {one.target.title}, {one.step}, {one.version}: ")
        line.append(one.answer, style=style)
        line.append(f" ({one.because})" if one.because else "")
        yield line
    for warning in load.warnings:
        yield Text(f"warning: {warning}", style="yellow")


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, head in enumerate(heads):
        table.add_column(head, justify="left" if index < 2 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table

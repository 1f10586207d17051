"""A planned or written shift as a page of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from greenshift.patch.difference import shown_difference_of
from greenshift.report.page import (
    Block,
    Code,
    Figure,
    Figures,
    Grid,
    Outcome,
    Page,
    Plot,
    Section,
    Series,
    Text,
    Verdict,
)
from greenshift.shift.api import Plan
from greenshift.shift.rewrite.context import Left
from greenshift.wording import counted

_MOST_BARS = 15
# Beyond so many characters the differences would make the page slow to open.
_MOST_SHOWN = 600_000
_BRIDGED = "bridged"
_CALLS = ("native", "bridged", "left sync")


@dataclass(frozen=True)
class _File:
    """One changed file: its difference, and how many lines come and go."""

    path: str
    difference: str
    added: int
    removed: int


def page_of(plan: Plan, *, written: bool) -> Page:
    """Return what a report shows of a shift.

    Args:
        plan: What the shift changes.
        written: Whether it was written.
    """
    files = [_file(one.path, one.old, one.new) for one in plan.changes.changes]
    return Page(
        kind="shift",
        title=plan.root.resolve().name,
        subtitle=f"The shift to asyncio{', as it was written' if written else ': nothing is written yet'}",
        verdicts=tuple(_verdicts(plan, written=written)),
        sections=tuple(_sections(plan, files, written=written)),
        data={**plan.as_dict(), "written": written},
    )


def _file(path: str, old: bytes | None, new: bytes | None) -> _File:
    difference = shown_difference_of(path, old, new)
    # The lines before the first part name the file.
    body = difference.partition("\n@@")[2].splitlines()
    return _File(
        path, difference, sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)
    )


def _verdicts(plan: Plan, *, written: bool) -> Iterator[Verdict]:
    count = len(plan.changes.changes)
    if count:
        verb = "changed" if written else "would change"
        step = (
            "`greenshift verify` proves it; `greenshift rollback` takes it back" if written else "`--write` writes it"
        )
        yield Verdict("files", Outcome.NEUTRAL, f"{counted(count, 'file')} {verb}", step)
    else:
        yield Verdict("files", Outcome.GOOD, "nothing to change")
    total = plan.native + plan.bridged + plan.unchanged
    if total:
        others = [f"{plan.bridged} bridged" * bool(plan.bridged), f"{plan.unchanged} left sync" * bool(plan.unchanged)]
        yield Verdict(
            "database calls that are natively async",
            Outcome.GOOD if plan.native == total else Outcome.NEUTRAL,
            f"{plan.native} of {total} ({100 * plan.native / total:.0f} %)",
            ", ".join(filter(None, others)),
        )
    left = len(_to_look_at(plan))
    yield Verdict(
        "places for a person to look at",
        Outcome.UNSURE if left else Outcome.GOOD,
        f"{counted(left, 'place')} listed" if left else "none",
    )
    if plan.skipped:
        yield Verdict("files left as they are", Outcome.BAD, f"{counted(len(plan.skipped), 'file')} could not be read")


def _sections(plan: Plan, files: list[_File], *, written: bool) -> Iterator[Section]:
    added, removed = sum(one.added for one in files), sum(one.removed for one in files)
    figures = Figures(
        (
            Figure("files", str(len(files))),
            Figure("lines added", f"{added:,}"),
            Figure("lines removed", f"{removed:,}"),
            *(Figure(f"calls {name}", f"{count:,}") for name, count in zip(_CALLS, _calls(plan), strict=True)),
        )
    )
    yield Section("What there is", (figures, *_plots(plan, files)))
    if _to_look_at(plan):
        yield Section("What a person should look at", (_places(_to_look_at(plan)),))
    bridged = [one for one in plan.left if one.kind == _BRIDGED]
    if bridged:
        yield Section(f"What runs inside of run_sync ({len(bridged)})", (_places(bridged),))
    if plan.notes:
        yield Section("Notes", (Text(tuple(str(note) for note in plan.notes), bullets=True),))
    if plan.skipped:
        skipped = tuple((one.file, one.reason) for one in plan.skipped)
        yield Section("Left as they are", (Grid(("file", "why"), skipped),))
    if files:
        yield Section("What changed" if written else "What would change", tuple(_differences(files)))


def _to_look_at(plan: Plan) -> list[Left]:
    """What is bridged works as it is."""
    return [one for one in plan.left if one.kind != _BRIDGED]


def _places(places: list[Left]) -> Grid:
    return Grid(("where", "kind", "why"), tuple((str(one.place), one.kind, one.reason) for one in places))


def _calls(plan: Plan) -> tuple[int, int, int]:
    return plan.native, plan.bridged, plan.unchanged


def _plots(plan: Plan, files: list[_File]) -> Iterator[Plot]:
    if any(_calls(plan)):
        yield Plot.of_bars("Database calls", "how", "calls", zip(_CALLS, _calls(plan), strict=True))
    if files:
        largest = sorted(files, key=lambda one: -one.added - one.removed)[:_MOST_BARS]
        series = (
            Series("added", (), tuple(float(one.added) for one in largest)),
            Series("removed", (), tuple(float(one.removed) for one in largest)),
        )
        names = tuple(one.path for one in largest)
        yield Plot("The files with the most changed lines", "file", "lines", series, "bars", names)


def _differences(files: list[_File]) -> Iterator[Block]:
    room = _MOST_SHOWN
    hidden: list[_File] = []
    for one in files:
        if len(one.difference) > room:
            hidden.append(one)
            continue
        room -= len(one.difference)
        yield Code(one.difference, "diff", f"{one.path}  +{one.added} -{one.removed}", folded=True)
    if hidden:
        rows = tuple((one.path, f"{one.added:,}", f"{one.removed:,}") for one in hidden)
        caption = "Too long to be shown here: `greenshift shift` prints them, and so does git"
        yield Grid(("file", "lines added", "lines removed"), rows, numeric=(1, 2), caption=caption)

"""The inventory as a page of a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from greenshift.report.page import Figure, Figures, Grid, Outcome, Page, Plot, Section, Text, Verdict
from greenshift.shift.scan.inventory import Inventory, Item
from greenshift.shift.scan.phases import PHASES
from greenshift.wording import counted

_MOST_BARS = 12


def page_of(inventory: Inventory) -> Page:
    """Return what a report shows of an inventory.

    Args:
        inventory: The inventory.
    """
    return Page(
        kind="scan",
        title=inventory.root.resolve().name,
        subtitle="Every place where the application touches its database, and what a shift to asyncio does about it",
        verdicts=tuple(_verdicts(inventory)),
        sections=tuple(_sections(inventory)),
        data=inventory.as_dict(),
    )


def _verdicts(inventory: Inventory) -> Iterator[Verdict]:
    count = len(inventory.boundaries)
    because = "their kinds are counted below; tests and migrations are none" if count else ""
    yield Verdict(
        "sync sessions and engines of the application's own",
        Outcome.NEUTRAL if count else Outcome.GOOD,
        f"{counted(count, 'sync session boundary', 'sync session boundaries')}" if count else "none is left",
        because,
    )
    left = len(inventory.left)
    yield Verdict(
        "what the rewriter does not do natively",
        Outcome.UNSURE if left else Outcome.GOOD,
        f"{counted(left, 'place')} to look at" if left else "nothing: it does all of it",
    )
    if inventory.skipped:
        yield Verdict("files", Outcome.BAD, f"{counted(len(inventory.skipped), 'file')} could not be read")


def _sections(inventory: Inventory) -> Iterator[Section]:
    figures = Figures(
        (
            Figure("modules", f"{inventory.modules:,}"),
            Figure("lines", f"{inventory.lines:,}"),
            Figure("places", f"{len(inventory.items):,}"),
            Figure("sync session boundaries", f"{len(inventory.boundaries):,}"),
        )
    )
    plots = (_phases(inventory), _kinds(inventory), _files(inventory)) if inventory.items else ()
    yield Section("What there is", (figures, *plots))
    if inventory.left:
        rows = tuple((str(one.place), one.kind, one.reason) for one in inventory.left)
        yield Section("What a person should look at", (Grid(("where", "kind", "why"), rows),))
    if inventory.skipped:
        files = tuple((one.file, one.reason) for one in inventory.skipped)
        yield Section("Not read", (Grid(("file", "why"), files),))
    for phase, about in PHASES.items():
        items = inventory.phase(phase)
        if items:
            yield Section(f"{phase.capitalize()} ({len(items)})", (Text((f"{about}.",)), _items(items)))


def _items(items: list[Item]) -> Grid:
    return Grid(
        ("where", "kind", "what", "what the rewriter does"),
        tuple((str(one.place), one.kind, one.text, one.action) for one in items),
    )


def _phases(inventory: Inventory) -> Plot:
    counts = [(phase, len(inventory.phase(phase))) for phase in PHASES]
    return Plot.of_bars("Places by phase of a migration", "phase", "places", [one for one in counts if one[1]])


def _kinds(inventory: Inventory) -> Plot:
    counts = Counter(item.kind for item in inventory.items).most_common(_MOST_BARS)
    return Plot.of_bars("Places by kind", "kind", "places", counts)


def _files(inventory: Inventory) -> Plot:
    counts = Counter(item.place.file for item in inventory.items).most_common(_MOST_BARS)
    return Plot.of_bars("The files with the most places", "file", "places", counts)

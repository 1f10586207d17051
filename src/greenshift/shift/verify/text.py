"""A verdict for people: the same words with and without colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from greenshift.shift.verify.verdict import Difference, RunSummary, Sighting, Verdict, WalkSummary

_STYLES: Final = {"proved": "bold green", "differs": "bold red", "cannot tell": "bold yellow"}
_MEANINGS: Final = {
    "proved": "every test that passed before passes, and the same SQL is sent",
    "differs": "the application does not do what it did before",
    "cannot tell": "there is nothing to conclude from",
}
_MOST: Final = 20
_LABEL: Final = 8


def rendered(verdict: Verdict, most: int = _MOST) -> Text:
    """Return a verdict for a terminal.

    Args:
        verdict: what to show.
        most: how many differences to show in full.
    """
    text = Text()
    text.append(verdict.answer, style=_STYLES[verdict.answer])
    text.append(f": {meaning(verdict)}\n", style="bold")
    _line(text, "before", _run(verdict.before))
    _line(text, "after", _run(verdict.after))
    if verdict.walk is not None:
        _line(text, "walk", _walk(verdict.walk))
        for reason in verdict.walk.not_walked:
            _line(text, "", f"not walked: {reason}")
    if verdict.recognised:
        words = "; ".join(f"{name} ({count})" for name, count in sorted(verdict.recognised.items()))
        _line(text, "equal", words)
    for remark in verdict.remarks:
        _line(text, "note", remark, style="dim")
    _differences(text, verdict.differences, most)
    for number, place in enumerate(verdict.look_at):
        _line(text, "" if number else "look at", place, style="yellow")
    text.rstrip()
    return text


def meaning(verdict: Verdict) -> str:
    """Return in a sentence what a verdict's answer means."""
    if verdict.answer == "differs":
        count = len(verdict.differences)
        return f"{_MEANINGS['differs']} ({count} difference{'' if count == 1 else 's'})"
    return _MEANINGS[verdict.answer]


def _differences(text: Text, differences: Sequence[Difference], most: int) -> None:
    test = None
    for one in differences[:most]:
        if one.test != test:
            test = one.test
            text.append(f"\n{test or '(outside of tests)'}\n", style="bold")
        text.append(f"  {one.kind}", style="red")
        text.append(f": {one.message}\n")
        _sighting(text, "before", one.before)
        _sighting(text, "after", one.after)
    if len(differences) > most:
        text.append(f"\nand {len(differences) - most} more differences: --json shows all\n")
    if differences:
        text.append("\n")


def _sighting(text: Text, label: str, side: Sighting | None) -> None:
    if side is None:
        return
    text.append(f"    {label:<{_LABEL}}{side.text}\n")
    if side.at is not None:
        text.append(f"    {'':<{_LABEL}}{side.at}\n", style="cyan")


def _line(text: Text, label: str, body: str, style: str = "") -> None:
    text.append(f"  {label:<{_LABEL}}")
    text.append(f"{body}\n", style=style)


def _run(run: RunSummary) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(run.outcomes.items())) or "no tests"
    drivers = f" ({', '.join(run.drivers)})" if run.drivers else ""
    return f"{outcomes}; {run.statements} statements{drivers} in {run.seconds:.1f} s"


def _walk(walk: WalkSummary) -> str:
    if not walk.requests:
        return "no requests"
    return (
        f"{walk.requests} requests to each side; {walk.answered} of {walk.operations} operations "
        f"answered with success, in {walk.seconds:.1f} s"
    )

"""The proof of the shift."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell

if TYPE_CHECKING:
    from greenshift.shift.verify.verdict import RunSummary

_WORDS = {"before": "tests before", "after": "tests after", "walk": "walk"}


def verify_shift(ground: Ground, tell: Tell) -> Found:
    """Run the tests on both sides, on what they choose themselves, and send the same requests to both.

    Raises:
        VerifyError: a side cannot be run.
    """
    from greenshift.shift.verify.page import page_of
    from greenshift.shift.verify.running.pytest_run import Progress
    from greenshift.shift.verify.verification import verify
    from greenshift.shift.verify.walk.findings import WalkSettings

    def show(progress: Progress) -> None:
        of = f" of {progress.total}" if progress.total else ""
        tell(f"{_WORDS.get(progress.step, progress.step)}: {progress.done}{of}")

    verdict = verify(
        ground.after,
        before=ground.before,
        tests=ground.amounts.tests,
        walk_settings=WalkSettings(requests=ground.amounts.requests),
        progress=show,
    )
    walk = verdict.walk
    notes = [f"before  {_side(verdict.before)}", f"after   {_side(verdict.after)}"]
    if walk is not None and walk.requests:
        notes.append(f"walk    the same {walk.requests} requests to both, {walk.answered} operations answered")
    if verdict.recognised:
        recognised = ", ".join(f"{name} ({count:,})" for name, count in list(verdict.recognised.items())[:2])
        notes.append(f"equal   {recognised}" + (", ..." if len(verdict.recognised) > 2 else ""))
    words = f"{verdict.answer}: {_count(len(verdict.differences), 'difference')} in outcomes, SQL and answers"
    proved = verdict.answer == "proved"
    # The transcripts behind it are long; the page tells what is in them.
    page = replace(page_of(verdict, ground.after), data={})
    return Found(
        words,
        tuple(notes),
        verdict.as_dict(),
        page,
        problem="" if proved else f"verify says: {verdict.answer}",
        fix="" if proved else next(iter(verdict.look_at), "see the report"),
    )


def _side(run: RunSummary) -> str:
    outcomes = ", ".join(f"{count} {name}" for name, count in run.outcomes.items())
    return f"{outcomes or 'no test ran'}; {run.statements:,} statements ({', '.join(run.drivers)})"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

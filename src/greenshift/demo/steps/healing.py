"""The explained error, healed."""

from __future__ import annotations

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell
from greenshift.demo.steps.explaining import SERVICE, TEST
from greenshift.patch.difference import difference_of
from greenshift.report.page import Code, Outcome, Page, Section, Verdict


def heal_error(ground: Ground, tell: Tell) -> Found:
    """Heal the function: the explanation's edits are made, and the test is run again.

    Raises:
        HealError: the test cannot be run.
    """
    from greenshift.shift.heal.healing import heal

    file = ground.after / SERVICE
    before = file.read_bytes()
    healed = heal(ground.after, tests=(TEST,), progress=lambda line: tell(line.partition("  <- ")[0]))
    difference = difference_of(SERVICE, before, file.read_bytes())
    edits = tuple(f"{one.file}:{one.line}  {one.title}" for one in healed.edits)
    words = (
        f"{len(healed.healed)} test{'' if len(healed.healed) == 1 else 's'} healed by {len(healed.edits)} edits; "
        f"passed: {healed.passed}, left: {len(healed.left)}"
    )
    page = Page(
        kind="test",
        title="exams-async",
        subtitle="What greenshift heal changed",
        verdicts=(Verdict("heal", Outcome.GOOD if healed.green else Outcome.BAD, words),),
        sections=(Section("What heal wrote", (Code(difference, "diff", SERVICE),)),),
    )
    return Found(
        words,
        edits,
        healed.as_dict(),
        page,
        problem="" if healed.green else f"{len(healed.left)} left",
        fix="" if healed.green else next((one.reason for one in healed.left), "see the report"),
    )

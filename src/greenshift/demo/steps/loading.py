"""What the application bears before and after."""

from __future__ import annotations

from typing import Final

from greenshift.demo.ground import Ground
from greenshift.demo.step import Found, Tell

_PREPARE: Final = ("python -m alembic upgrade head", "python -m scripts.seed_demo", "scripts/load_data.sql")
# On one machine the database is nearer than any network makes it.
_DELAY: Final = 0.002
_TIMEOUT: Final = 5.0
_MOST_REASONS: Final = 2


def compare_load(ground: Ground, tell: Tell) -> Found:
    """Compare both copies under the same, short load; what comes out is told as it is.

    Raises:
        LoadError: a version does not start, or the scenario cannot be sent.
    """
    from greenshift.load.comparison.judging import judged
    from greenshift.load.comparison.running import run
    from greenshift.load.plan import Plan, Progress, VersionPlan
    from greenshift.load.reporting.page import page_of
    from greenshift.load.reporting.wording import difference_words, leading, verdict_words
    from greenshift.load.step import Step

    amounts = ground.amounts
    steps = tuple(
        Step(users=users, seconds=amounts.seconds, warm_up=amounts.warm_up, timeout=_TIMEOUT) for users in amounts.users
    )
    plan = Plan(
        versions=(VersionPlan("before", str(ground.before)), VersionPlan("after", str(ground.after))),
        steps=steps,
        app="api.main:app",
        scenario=ground.before / "scenario.toml",
        rounds=amounts.rounds,
        prepare=_PREPARE,
        delay=_DELAY,
    )

    def show(progress: Progress) -> None:
        tell(f"{progress.doing} ({progress.done} of {progress.total})")

    judgement = judged(run(plan, show))
    notes = []
    for step in steps:
        tail = next(one for one in judgement.differences if one.step == step and one.metric.name == "p95")
        notes.append(f"{step.label}: {verdict_words(judgement, step)}; {difference_words(tail)}")
        reasons = judgement.reasons.get(step.label, [])
        notes += [f"  because {why[0].lower()}{why[1:]}" for why in reasons[:_MOST_REASONS]]
        if len(reasons) > _MOST_REASONS:
            notes.append(f"  ... and {len(reasons) - _MOST_REASONS} more, in the report")
    notes += [f"note: {warning}" for warning in judgement.load.warnings]
    words = "; ".join(f"{step.label}: {difference_words(leading(judgement, step))}" for step in steps)
    rounds = f"{amounts.rounds} round{'' if amounts.rounds == 1 else 's'}"
    notes.append(f"{rounds} of {amounts.seconds:g} s, the database {1000 * _DELAY:g} ms away: a glimpse, no benchmark")
    return Found(
        words,
        tuple(notes),
        judgement.as_dict(),
        page_of(judgement),
        problem="the load generator was the bottleneck: its figures do not count" if judgement.invalid else "",
        fix="run it on a machine that does nothing else" if judgement.invalid else "",
    )

"""From what was measured to what it comes down to: differences, targets, reasons, and the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from greenshift.load.comparison.figures import JUDGED, METRICS, Metric
from greenshift.load.comparison.reasons import reasons
from greenshift.load.comparison.statistics import Difference, Direction, Spread, difference
from greenshift.load.comparison.targets import FAILED, Judged, Target, judge
from greenshift.load.errors import LoadError
from greenshift.load.results import Load, json_number
from greenshift.load.step import Step

# What makes the version after "slower", and the exit code 1.
_DECISIVE: Final = ("throughput", "mean", "p95")


@dataclass(frozen=True, slots=True)
class StepDifference:
    """What the two versions differ by in one figure of one step.

    Args:
        step: the step.
        metric: the figure.
        before: over the rounds.
        after: over the rounds.
        difference: by the rule of `comparison.statistics`.
    """

    step: Step
    metric: Metric
    before: Spread
    after: Spread
    difference: Difference

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "step": self.step.label,
            "metric": self.metric.name,
            "before": [json_number(value) for value in self.before.values],
            "after": [json_number(value) for value in self.after.values],
            "direction": self.difference.direction.value,
            "ratio": json_number(self.difference.ratio),
            "p": json_number(self.difference.p),
            "because": self.difference.because,
        }


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a load comes down to.

    Args:
        load: what was measured.
        differences: step by step; none where there is one version.
        targets: of each version, in the order in which they were given.
        reasons: why the version after is not quicker, by the steps' labels.
        failing: the version after fails more requests than the one before, beyond 1 %.
    """

    load: Load
    differences: tuple[StepDifference, ...]
    targets: tuple[Judged, ...]
    reasons: dict[str, list[str]]
    failing: bool

    @property
    def subject(self) -> str:
        """The version that targets are for: the one after, or the only one."""
        return self.load.versions[-1].label

    @property
    def invalid(self) -> bool:
        """Whether a step's generator was the bottleneck."""
        return any(one.driven.saturated for one in self.load.measurements)

    @property
    def slower(self) -> list[StepDifference]:
        """The steps in which the version after is slower beyond the noise."""
        return [
            one
            for one in self.differences
            if one.difference.direction is Direction.WORSE and one.metric.name in _DECISIVE
        ]

    @property
    def exit_code(self) -> int:
        """0 fine, 1 a target not met, slower or failing, 2 invalid."""
        if self.invalid:
            return 2
        unmet = any(not one.met for one in self.targets if one.version == self.subject)
        return 1 if unmet or self.slower or self.failing else 0

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "exit_code": self.exit_code,
            "invalid": self.invalid,
            "targets": [one.as_dict() for one in self.targets],
            "differences": [one.as_dict() for one in self.differences],
            "reasons": self.reasons,
            **self.load.as_dict(),
        }


def judged(load: Load, targets: Sequence[Target] = ()) -> Judgement:
    """Judge what was measured.

    Args:
        load: what was measured.
        targets: what is to be reached.

    Raises:
        LoadError: a target is about a step that was not measured.
    """
    differences: list[StepDifference] = []
    why: dict[str, list[str]] = {}
    failing = False
    if len(load.versions) == 2:
        for step in load.steps:
            before, after = (load.of(version.label, step) for version in load.versions)
            for metric in (METRICS[name] for name in JUDGED):
                first, second = metric.spread(before), metric.spread(after)
                found = difference(first, second, more_is_better=metric.more_is_better)
                differences.append(StepDifference(step, metric, first, second, found))
            found_reasons = reasons(load, step)
            if found_reasons:
                why[step.label] = found_reasons
            shares = [
                METRICS["errors"].spread(one).median + METRICS["timeouts"].spread(one).median for one in (before, after)
            ]
            failing = failing or shares[1] > FAILED + shares[0]
    results = [judge(target, load, version.label) for target in targets for version in load.versions]
    return Judgement(load, tuple(differences), tuple(results), why, failing)


def check_targets(targets: Sequence[Target], steps: Sequence[Step]) -> None:
    """Refuse targets about steps that will not be measured, before anything is.

    Args:
        targets: the targets.
        steps: the steps.

    Raises:
        LoadError: there is one.
    """
    for target in targets:
        if target.step(steps) is None:
            raise LoadError(
                f"the target {target.text!r} is about a step that is not measured", "add it to --users or --rate"
            )

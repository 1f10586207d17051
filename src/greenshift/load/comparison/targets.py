"""What a version is meant to reach: ``throughput>500@50``, and whether it does."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from greenshift.load.comparison.blocking import blocking
from greenshift.load.comparison.figures import METRICS, written
from greenshift.load.comparison.statistics import Spread
from greenshift.load.errors import LoadError
from greenshift.load.results import Load
from greenshift.load.step import Step

BLOCKING: Final = "without-blocking"
# A larger share of failed requests makes any other figure worthless.
FAILED: Final = 0.01
_FORM: Final = re.compile(
    r"(?P<metric>[a-z0-9-]+)\s*(?:(?P<sign><=|>=|<|>)\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|/s|%)?)?"
    r"\s*(?:@\s*(?P<step>\d+(?:\.\d+)?)\s*(?P<rate>/s)?)?"
)
_SCALES: Final = {"s": {"s": 1.0, "ms": 0.001}, "%": {"%": 0.01}, "/s": {"/s": 1.0, None: 1.0}}
_EXAMPLES: Final = "write it as in throughput>500@50, mean<100ms@50, errors<1%, without-blocking@100"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached.

    Args:
        text: as it was written.
        metric: of `METRICS`, or ``without-blocking``.
        sign: ``<``, ``<=``, ``>`` or ``>=``; empty for ``without-blocking``.
        value: the limit: seconds, a share, or a number a second.
        users: the step it is about, by users; None for the step with the most.
        rate: the step it is about, by its rate.
    """

    text: str
    metric: str
    sign: str = ""
    value: float = 0.0
    users: int | None = None
    rate: float | None = None

    @property
    def title(self) -> str:
        """What it asks for, in words."""
        if self.metric == BLOCKING:
            return "without blocking"
        words = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}[self.sign]
        return f"{self.metric} {words} {written(self.value, METRICS[self.metric].unit)}"

    def step(self, steps: Sequence[Step]) -> Step | None:
        """Return the step that it is about; None where that is not measured."""
        if self.rate is not None:
            return next((step for step in steps if step.rate == self.rate), None)
        closed = [step for step in steps if step.rate is None and step.users is not None]
        if self.users is not None:
            return next((step for step in closed if step.users == self.users), None)
        return max(closed, key=lambda step: step.users or 0, default=None)

    def allows(self, value: float) -> bool:
        """Whether a value is within the limit."""
        signs = {"<": value < self.value, "<=": value <= self.value, ">": value > self.value, ">=": value >= self.value}
        return signs[self.sign]


@dataclass(frozen=True, slots=True)
class Judged:
    """How one version stands to a target.

    Args:
        target: the target.
        version: the version's label.
        step: the step's label.
        met: whether it is met; None where it cannot be told.
        answer: the measured figure, in words.
        because: what is to be known beside; may be empty.
    """

    target: Target
    version: str
    step: str
    met: bool | None
    answer: str
    because: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "target": self.target.text,
            "version": self.version,
            "step": self.step,
            "met": self.met,
            "answer": self.answer,
            "because": self.because,
        }


def parse_target(text: str) -> Target:
    """Read a target.

    Args:
        text: ``METRIC SIGN VALUE [@ STEP]`` with a step as ``50`` (users) or ``200/s``, or ``without-blocking@100``.

    Raises:
        LoadError: it is none.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise LoadError(f"{text!r} is no target", _EXAMPLES)
    metric, sign, unit = found["metric"], found["sign"] or "", found["unit"]
    if metric != BLOCKING and metric not in METRICS:
        raise LoadError(f"{text!r} names an unknown figure", f"name one of: {', '.join([*METRICS, BLOCKING])}")
    if (metric == BLOCKING) != (not sign):
        raise LoadError(f"{text!r} is no target", _EXAMPLES)
    value = 0.0
    if metric != BLOCKING:
        scales: dict[Any, float] = _SCALES[METRICS[metric].unit]  # type: ignore[assignment]
        if unit not in scales and float(found["value"]):
            raise LoadError(
                f"{text!r}: {metric} has the unit {' or '.join(str(one) for one in scales if one)}", _EXAMPLES
            )
        value = float(found["value"]) * scales.get(unit, 1.0)
    users = int(float(found["step"])) if found["step"] and not found["rate"] else None
    rate = float(found["step"]) if found["rate"] else None
    return Target(text.strip(), metric, sign, value, users, rate)


def judge(target: Target, load: Load, version: str) -> Judged:
    """Say whether a version meets a target.

    Args:
        target: the target.
        load: what was measured.
        version: the version's label.

    Raises:
        LoadError: the target's step is not among the steps.
    """
    step = target.step(load.steps)
    if step is None:
        raise LoadError(
            f"the target {target.text!r} is about a step that is not measured", "add it to --users or --rate"
        )
    measurements = load.of(version, step)
    valid = [one for one in measurements if not one.driven.saturated]
    if not valid:
        reason = measurements[0].driven.reason if measurements else "nothing was measured"
        return Judged(target, version, step.label, None, "cannot tell", reason)
    if target.metric == BLOCKING:
        conditions = blocking(valid)
        broken = [one for one in conditions if one.holds is False]
        unknown = [one for one in conditions if one.holds is None]
        met = False if broken else None if unknown else True
        told = "; ".join(f"{one.what}: {one.figure}" for one in broken or unknown or conditions)
        answer = "met" if met else "cannot tell" if met is None else "not met"
        return Judged(target, version, step.label, met, answer, told)
    metric = METRICS[target.metric]
    spread = metric.spread(valid)
    if math.isnan(spread.median):
        return Judged(target, version, step.label, None, "cannot tell", "nothing was answered")
    failed = Spread(
        tuple((one.driven.errors + one.driven.timeouts) / max(1, one.driven.requests) for one in valid)
    ).median
    if failed > FAILED and metric.name not in {"errors", "timeouts"}:
        because = f"{written(failed, '%')} of the requests failed: what is answered so counts for nothing"
        return Judged(target, version, step.label, False, f"not met: {metric.spread_words(spread)}", because)
    met = target.allows(spread.median)
    straddles = target.allows(spread.low) != target.allows(spread.high)
    return Judged(
        target,
        version,
        step.label,
        met,
        f"{'met' if met else 'not met'}: {metric.spread_words(spread)}",
        "the rounds lie on both sides of the limit" if straddles else "",
    )

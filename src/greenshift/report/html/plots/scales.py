"""From a value to a place on an axis, and where an axis has its ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

# Nobody measures what lies beyond, and the ratio of two such numbers would be too large for one.
_LARGEST: Final = 1e150
_SMALLEST: Final = 1e-150
_FEWEST: Final = 3
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis.

    Attributes:
        low: the value at its beginning.
        high: the value at its end; more than ``low``.
        start: the place of its beginning, in pixels.
        end: the place of its end, in pixels; less than ``start`` on an axis that points up.
        logarithmic: whether equal ratios are equal distances.
        step: the distance of its ticks; 0 for what fits.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    step: float = 0.0

    def place(self, value: float) -> float:
        """Return where a value is, in pixels; what lies outside is at the nearer end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def shows(self, value: float) -> bool:
        """Whether a value can be shown on this axis at all."""
        return is_drawn(value) and (value >= _SMALLEST or not self.logarithmic)


def is_drawn(value: float) -> bool:
    """Whether a value can be shown at all: it is a number, and no absurdly large one."""
    return -_LARGEST <= value <= _LARGEST


def value_scale(
    values: Iterable[float], start: float, end: float, *, logarithmic: bool, ticks: int, from_zero: bool
) -> Scale:
    """Return an axis that holds some values and ends at round ones.

    Args:
        values: what it must hold; what is no finite number is left out.
        start: its beginning, in pixels.
        end: its end, in pixels.
        logarithmic: whether it is to be logarithmic; it is linear where no value is above zero.
        ticks: about how many ticks it is to have.
        from_zero: whether it begins at zero, so that lengths can be compared (linear axes).
    """
    finite, positive = _sorted_out(values)
    if logarithmic and positive:
        low, high = min(positive), max(positive)
        low, high = _round_down(low), _round_up(high)
        return Scale(low, high if high > low else low * 10, start, end, logarithmic=True)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        low, high = (low, low + 1.0) if low == 0 else (low - abs(low) / 2, high + abs(high) / 2)
    step = nice_step((high - low) / ticks)
    if finite and all(value.is_integer() for value in finite):
        # There is no half of what is counted.
        step = max(step, 1.0) if step != 2.5 else 5.0
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return Scale(low, high if high > low else low + step, start, end, step=step)


def span_scale(values: Iterable[float], start: float, end: float, *, logarithmic: bool) -> Scale:
    """Return an axis that reaches from the first to the last of some values, with a little room on both sides.

    Args:
        values: what it must hold; what is no finite number is left out.
        start: its beginning, in pixels.
        end: its end, in pixels.
        logarithmic: whether it is to be logarithmic; it is linear where no value is above zero.
    """
    finite, positive = _sorted_out(values)
    if logarithmic and positive:
        low, high = min(positive), max(positive)
        room = (high / low) ** 0.03 if high > low else 2.0
        return Scale(low / room, high * room, start, end, logarithmic=True)
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    room = (high - low) * 0.025 if high > low else abs(low) / 2 or 1.0
    # Time begins at zero.
    left = low if low == 0 and high > low else low - room
    return Scale(left, high + room, start, end)


def ticks_of(scale: Scale, wanted: int) -> list[float]:
    """Return round values along an axis.

    Args:
        scale: the axis.
        wanted: about how many.
    """
    if not scale.logarithmic:
        return _multiples(scale, scale.step or nice_step((scale.high - scale.low) / wanted))
    decades = math.log10(scale.high / scale.low)
    factors = (1, 2, 5) if decades * 3 <= wanted * 1.5 else (1, 3) if decades * 2 <= wanted else (1,)
    every = max(1, math.ceil(decades / wanted))
    first, last = math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high))
    places = (factor * 10.0**power for power in range(first, last + 1, every) for factor in factors)
    ticks = [place for place in places if scale.low * (1 - 1e-9) <= place <= scale.high * (1 + 1e-9)]
    if len(ticks) < _FEWEST and scale.high < 100 * scale.low:
        # Within a decade the axis is nearly linear.
        return [tick for tick in _multiples(scale, nice_step((scale.high - scale.low) / wanted)) if tick > 0]
    return ticks


def _multiples(scale: Scale, step: float) -> list[float]:
    first = math.ceil(scale.low / step - 1e-9)
    last = math.floor(scale.high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def nice_step(rough: float) -> float:
    """Return the step of 1, 2, 2.5 or 5 times a power of ten that is not below a rough one.

    Args:
        rough: the step that would fit exactly.
    """
    if not math.isfinite(rough) or rough <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((step * power for step in _STEPS if step * power >= rough * (1 - 1e-9)), 10 * power)


def _sorted_out(values: Iterable[float]) -> tuple[list[float], list[float]]:
    """Return the values that are drawn, the very small ones as zero, and those of them above zero."""
    drawn = [float(value) if abs(value) >= _SMALLEST else 0.0 for value in values if is_drawn(value)]
    return drawn, [value for value in drawn if value > 0]


def _round_down(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return max((step * power for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)), default=power)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return min((step * power for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9)), default=value)

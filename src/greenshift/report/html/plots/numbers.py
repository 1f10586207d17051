"""Numbers as people read them on an axis and in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_UNITS: Final = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MOST_DECIMALS: Final = 3
# What is smaller or larger is written with an exponent.
_EXPONENT: Final = 1e-5
_LARGEST: Final = 1e18


def number(value: float) -> str:
    """Return a number with up to four significant digits; what is no number is a dash.

    Args:
        value: the number.
    """
    if math.isnan(value):
        return "\N{EN DASH}"
    if math.isinf(value):
        return "\N{INFINITY}" if value > 0 else "-\N{INFINITY}"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-4:
        return f"{value:.3g}"
    if size >= 1000:
        return f"{value:,.0f}"
    digits = max(0, 3 - math.floor(math.log10(size)))
    return _trimmed(f"{value:.{digits}f}")


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Return the labels of an axis; no two are the same.

    Args:
        ticks: the places, ascending.
    """
    gaps = [right - left for left, right in pairwise(ticks)]
    even = bool(gaps) and max(gaps) <= 1.01 * min(gaps)
    labels = _even_labels(ticks, min(gaps)) if even else [_own_label(tick) for tick in ticks]
    return labels if len(set(labels)) == len(labels) else [f"{tick:.12g}" for tick in ticks]


def _even_labels(ticks: Sequence[float], step: float) -> list[str]:
    """Return labels with one unit for all, and as many decimals as the step between them needs."""
    largest = max(abs(tick) for tick in ticks)
    if step < _EXPONENT or largest >= _LARGEST:
        return [_own_label(tick) for tick in ticks]
    unit, letter = _unit(largest)
    if _decimals(step / unit) > _MOST_DECIMALS:
        unit, letter = 1.0, ""
    decimals = _decimals(step / unit)
    return ["0" if abs(tick) < step / 2 else _trimmed(f"{tick / unit:,.{decimals}f}") + letter for tick in ticks]


def _own_label(tick: float) -> str:
    if tick == 0:
        return "0"
    if abs(tick) < 10 * _EXPONENT or abs(tick) >= _LARGEST:
        return f"{tick:.4g}".replace("e+", "e").replace("e-0", "e-")
    unit, letter = _unit(abs(tick))
    scaled = tick / unit
    return _trimmed(f"{scaled:,.{max(0, 3 - math.floor(math.log10(abs(scaled))))}f}") + letter


def _unit(size: float) -> tuple[float, str]:
    # Thousands are only shortened where the figures would be long.
    return next(((unit, letter) for unit, letter in _UNITS if size >= unit and size >= 1e4), (1.0, ""))


def _decimals(step: float) -> int:
    power = math.floor(math.log10(step) + 1e-9)
    # A step of 2.5 needs one more than a step of 2.
    return max(0, -power + (0 if abs(step / 10.0**power - round(step / 10.0**power)) < 1e-6 else 1))


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Numbers as people read them on an axis and in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_UNITS: Final = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


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
    """Return the labels of an axis: all with the same unit where their step allows it.

    Args:
        ticks: the places, ascending.
    """
    largest = max((abs(tick) for tick in ticks), default=0.0)
    # Thousands are only shortened where the figures would be long.
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if largest >= unit and largest >= 1e4), (1.0, ""))
    labels = []
    for tick in ticks:
        scaled = tick / unit
        if tick == 0:
            labels.append("0")
        elif unit > 1 and abs(scaled) < 0.01:
            labels.append(_short(tick))
        else:
            labels.append(_short(scaled) + letter)
    # Two ticks with one label say nothing.
    return labels if len(set(labels)) == len(labels) else [_short(tick) for tick in ticks]


def _short(value: float) -> str:
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-4 or size >= 1e6:
        return f"{value:.4g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    return _trimmed(f"{value:,.{max(0, 5 - math.floor(math.log10(size)))}f}")


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Numbers that fit a schema of type integer or number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from greenshift.load.scenario.openapi.cannot_make import CannotMake


def number_for(schema: Mapping[str, Any], default: float, name: str, *, whole: bool) -> Any:
    """Return the number nearest to a default that fits a schema's limits.

    Args:
        schema: with limits, or without.
        default: what it is where nothing is against it.
        name: the property's or parameter's name.
        whole: whether it is an integer.

    Raises:
        CannotMake: its limits leave no room.
    """
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    # OpenAPI 3.0 has them as flags beside minimum and maximum, 3.1 as numbers.
    if above is True:
        above, low = low, None
    if below is True:
        below, high = high, None
    step = schema.get("multipleOf") or (1 if whole else 0)
    least = low if low is not None else -math.inf
    if above not in (None, False):
        least = max(least, math.floor(above) + 1 if whole else above + (step or _room(above, high, below)))
    most = high if high is not None else math.inf
    if below not in (None, False):
        most = min(most, math.ceil(below) - 1 if whole else below - (step or _room(below, low, above)))
    value = min(max(default, least), most)
    if step:
        value = math.ceil(value / step - 1e-9) * step
    if not least <= value <= most:
        raise CannotMake(f"no {name or 'number'} fits its limits")
    return value


def _room(edge: float, *others: Any) -> Any:
    """A distance from an open edge that does not pass the other one."""
    ends = [abs(other - edge) for other in others if other is not None and other is not False and other is not True]
    return min([1.0, *(end / 2 for end in ends if end)])

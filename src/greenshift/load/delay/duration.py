"""A delay as it is written on the command line."""

from __future__ import annotations

import re
from typing import Final

from greenshift.load.delay.errors import DelayError

# More is no network, but a typing error.
LONGEST: Final = 10.0
_WRITTEN: Final = re.compile(r"\s*(?P<number>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>us|µs|μs|ms|s)?\s*", re.ASCII)
_SECONDS: Final = {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}
_EXAMPLE: Final = "write the round trip with its unit, for example 5ms or 0.5ms; 0 for none"


def parse_delay(text: str) -> float:
    """Return the seconds of a round trip: ``5ms``, ``0.5ms``, ``200us``, ``0.01s``, ``0``.

    Args:
        text: a number and its unit; only 0 needs none.

    Raises:
        DelayError: it is no such thing, or longer than 10 seconds.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise DelayError(f"{text!r} is no delay", _EXAMPLE)
    number = float(found["number"])
    if found["unit"] is None and number:
        raise DelayError(f"the delay {text!r} has no unit", _EXAMPLE)
    seconds = number * _SECONDS[found["unit"] or "s"]
    if seconds > LONGEST:
        raise DelayError(f"a delay of {text.strip()} is longer than {LONGEST:g} s", _EXAMPLE)
    return seconds

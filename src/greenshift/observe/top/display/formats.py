"""Numbers as a terminal shows them: short, in the unit that fits, and of one width."""

from __future__ import annotations

import math

from rich.text import Text


def duration(seconds: float | None) -> str:
    """Return ``0.02 ms``, ``0.4 ms``, ``12 ms``, ``1.3 s``, ``4 min``, ``3 h`` or ``2 d``; "" for None.

    Args:
        seconds: how long.
    """
    if seconds is None:
        return ""
    if math.isinf(seconds):
        return "longer"
    if 0 < seconds < 0.0001:
        return f"{seconds * 1000:.2f} ms"
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 100:
        return f"{seconds:.1f} s"
    for unit, length, limit in (("min", 60, 100), ("h", 3600, 72)):
        if seconds < length * limit:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"


def number(value: float) -> str:
    """Return a count or a rate in at most five signs: ``0.4``, ``12``, ``3.2k``, ``12M``.

    Args:
        value: not negative.
    """
    if value < 10 and value != int(value):
        return f"{value:.1f}"
    if value < 10_000:
        return f"{value:.0f}"
    for unit, size in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if value < size * 1000:
            return f"{value / size:.1f}{unit}" if value < size * 10 else f"{value / size:.0f}{unit}"
    return f"{value / 1e12:.1f}T"


def percent(share: float) -> str:
    """Return a share as ``12 %``.

    Args:
        share: 1 is all.
    """
    return f"{share * 100:.0f} %"


def bar(used: int, limit: int | None, *, width: int = 8, ascii_only: bool = False) -> Text:
    """Return ``███░░ 3/5`` in a colour that says how close the limit is; without colour it says so, too.

    Args:
        used: how many.
        limit: of how many; None without a limit.
        width: of the bar, in signs.
        ascii_only: whether the terminal knows no more than ASCII.
    """
    if not limit:
        return Text(str(used))
    share = used / limit
    filled = min(width, math.ceil(share * width)) if used else 0
    style = "red" if share >= 1 else "yellow" if share >= 0.8 else "green"
    full, empty = ("#", ".") if ascii_only else ("█", "░")
    text = Text()
    text.append(full * filled, style=style)
    text.append(empty * (width - filled), style="dim")
    text.append(f" {used}/{limit}", style=f"bold {style}" if share >= 0.8 else "")
    if share >= 1:
        text.append(" FULL", style="bold red")
    return text
